#include "pipelines/inspect_network.h"

#include <string>

#include "core/error.h"
#include "models/lesion_model.h"
#include "models/liver_cnn/inspect.h"
#include "models/mdl_cnn/inspect.h"
#include "models/segmenter_model.h"
#include "ops/orient.h"
#include "ops/preprocess.h"
#include "runtime/compute_mode.h"
#include "runtime/on_device.h"

namespace hepatica {
namespace {

using Maps = std::vector<FeatureMaps>;

[[noreturn]] void refuse_slice(int64_t first, int64_t last, const std::string& of) {
  throw Error("INVALID_ARGUMENT",
              "Expected slice to be an integer from " + std::to_string(first) + " to " + std::to_string(last), {},
              "slice", "Give a z index of the " + of);
}

Maps inspect_segmenter(const Volume& canonical, const SegmenterModel& model, int64_t z, const ComputeDevice& device,
                       Run& run) {
  run.begin_stage("preprocessing", 0, 0.5);
  const ByteVolume equalized = preprocess(canonical, model.preprocessing(), run);
  const NetworkInput input = make_network_input(canonical, equalized, model.config(), run);
  run.begin_stage("filtering", 0.5, 1);
  Maps maps;
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, Precision::kFp32, run);
    maps = inspect_slice(model.config(), model.state(), device.tensors, input, z);
  });
  return maps;
}

// `flipped`: z counts from the other end of the volume as it is.
Maps inspect_lesions(const Volume& canonical, const Mask& liver, const LesionModel& model, int64_t z, bool flipped,
                     const ComputeDevice& device, Run& run) {
  run.begin_stage("preprocessing", 0, 0.5);
  const RegionInput region = make_region_input(canonical, liver, model.config(), model.preprocessing(), run);
  if (region.slices == 0) {
    throw Error("INVALID_ARGUMENT", "Expected liver to mark at least one voxel, received an empty mask", {}, "liver",
                "A lesion network sees the liver alone");
  }
  const int64_t index = z - region.first_slice;
  if (index < 0 || index >= region.slices) {
    const int64_t last = region.first_slice + region.slices - 1;
    const int64_t highest = canonical.geometry.slice_count() - 1;
    refuse_slice(flipped ? highest - last : region.first_slice, flipped ? highest - region.first_slice : last, "liver");
  }
  run.begin_stage("filtering", 0.5, 1);
  Maps maps;
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, Precision::kFp32, run);
    maps = inspect_region(model.config(), model.state(), device.tensors, region, index);
  });
  return maps;
}

[[noreturn]] void refuse_kind(const NetworkModel& model) {
  throw Error("WRONG_MODEL", "Expected a network of kind liver_cnn or mdl_cnn, received one of kind " + model.kind(),
              model.path(), "model", "Look at the paper's networks: the liver's (model 'paper') or the lesions'");
}

const Mask& required_liver(const Mask* liver, const Geometry& geometry) {
  if (liver != nullptr && liver->geometry.size == geometry.size) return *liver;
  throw Error("INVALID_ARGUMENT", "Expected the liver of this volume for a lesion network, received none on its grid",
              {}, "liver", "Pass the result of segmentLiver");
}

}  // namespace

std::vector<FeatureMaps> inspect_network(const Volume& source, const Mask* liver, const NetworkModel& model,
                                         int64_t slice, const DeviceChoice& choice, Run& run) {
  const int64_t slices = source.geometry.slice_count();
  if (slice < 0 || slice >= slices) refuse_slice(0, slices - 1, "volume");
  const AxisOrder order = canonical_order(source.geometry);
  const Volume canonical = to_canonical(source, order);
  const int64_t z = order.flipped[2] ? slices - 1 - slice : slice;
  return on_device(choice, DeviceUse::kNetworks, run, [&](const ComputeDevice& device) {
    if (const auto* segmenter = dynamic_cast<const SegmenterModel*>(&model)) {
      return inspect_segmenter(canonical, *segmenter, z, device, run);
    }
    if (const auto* lesions = dynamic_cast<const LesionModel*>(&model)) {
      const Mask there = to_canonical(required_liver(liver, source.geometry), order);
      return inspect_lesions(canonical, there, *lesions, z, order.flipped[2], device, run);
    }
    refuse_kind(model);
  });
}

}  // namespace hepatica
