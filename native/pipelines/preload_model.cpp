#include "pipelines/preload_model.h"

#include "core/error.h"
#include "models/encoder3d/model.h"
#include "models/lesion_model.h"
#include "models/segmenter_model.h"
#include "runtime/compute_mode.h"
#include "runtime/on_device.h"

namespace hepatica {
namespace {

void pack_weights(const NetworkModel& model, const ComputeDevice& device, Precision precision) {
  if (const auto* segmenter = dynamic_cast<const SegmenterModel*>(&model)) {
    segmenter->inference(device.tensors, precision);
  } else if (const auto* network = dynamic_cast<const Encoder3dModel*>(&model)) {
    network->inference(device.tensors, precision);
  } else if (const auto* lesions = dynamic_cast<const LesionModel*>(&model)) {
    lesions->inference(device.tensors, precision);
    if (lesions->config().location3d) lesions->inference3d(device.tensors, precision);
  } else {
    throw Error("WRONG_MODEL", "Expected a network of hepatica, received one of kind " + model.kind(), model.path(),
                "models", "Networks that trainings start from are not computed with");
  }
}

}  // namespace

Precision preload_model(const NetworkModel& model, const DeviceChoice& device_choice, PrecisionChoice choice,
                        Run& run) {
  return on_device(device_choice, DeviceUse::kNetworks, run, [&](const ComputeDevice& device) {
    run.begin_stage("preloading", 0, 1);
    const Precision precision = choose_precision(choice, device);
    Executor::of(device).compute(run, [&] {
      const ComputeMode mode(device, precision, run);
      const StageTimer timer(run, "preload");
      pack_weights(model, device, precision);
    });
    return precision;
  });
}

}  // namespace hepatica
