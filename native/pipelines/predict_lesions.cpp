#include "pipelines/predict_lesions.h"

#include <optional>
#include <span>

#include "models/mdl_cnn/device_region.h"
#include "pipelines/device_picture.h"
#include "runtime/compute_mode.h"
#include "runtime/executor.h"

namespace hepatica {
namespace {

// Shares of the pipeline's progress: prepared, the 3-D network where there is one, the MDL-CNN.
constexpr double kPrepared = 0.1;
constexpr double kCells = 0.65;
constexpr double kPredicted = 0.85;

// What the networks are asked about, on one device.
struct Question {
  const Volume& volume;
  const Mask& liver;
  const LesionModel& model;
  const ComputeDevice& device;
  const LesionNetworksOptions& options;
};

LesionCells predict_cells(const Question& asked, const RegionInput& region, Run& run) {
  if (!asked.model.config().location3d) return {};
  run.begin_stage("classifying", kPrepared, kCells);
  const CanonicalSlices slices(asked.volume);
  const auto& [precision, thresholds, crop] = asked.options;
  return lesion_cells(slices, asked.liver, region.reference_hu,
                      asked.model.inference3d(asked.device.tensors, precision), {crop, {asked.device.index, precision}},
                      run);
}

// `region`: prediction.region with its planes, or they on the device. After predict_cells().
template <typename Region>
void predict_maps(const Question& asked, const Region& region, LesionPrediction& prediction, Run& run) {
  const std::optional<Lesion3dConfig>& second = asked.model.config().location3d;
  run.begin_stage("classifying", second ? kCells : kPrepared, kPredicted);
  const StageTimer timer(run, "lesion_network");
  LesionLocation location(prediction.region, prediction.cells, second ? second->share : 0, asked.liver,
                          asked.options.thresholds);
  const WantedClasses wanted = [&](int64_t first, std::span<const uint8_t> map) {
    return location.add(first, map, run);
  };
  const MdlCnnInference& network = asked.model.inference(asked.device.tensors, asked.options.precision);
  prediction.maps = network.predict(region, wanted, run);
  prediction.located = location.take();
}

LesionPrediction predict_on_cpu(const Question& asked, Run& run) {
  LesionPrediction prediction;
  RegionInput& region = prediction.region;
  region = make_region_input(asked.volume, asked.liver, asked.model.config(), asked.model.preprocessing(), run);
  if (region.slices == 0) return prediction;
  Executor::of(asked.device).compute(run, [&] {
    prediction.cells = predict_cells(asked, region, run);
    predict_maps(asked, region, prediction, run);
  });
  return prediction;
}

LesionPrediction predict_on_gpu(const Question& asked, Run& run) {
  LesionPrediction prediction;
  prediction.region = make_region_frame(asked.volume, asked.liver, asked.model.config(), run);
  const RegionInput& frame = prediction.region;
  if (frame.slices == 0) return prediction;
  const DevicePictures pictures = [&](const PreprocessOptions& options) {
    return device_picture(asked.device, asked.volume, options, {frame.first_slice, frame.slices}, run);
  };
  Executor::of(asked.device).compute(run, [&] {
    const ComputeMode mode(asked.device, asked.options.precision, run);
    prediction.cells = predict_cells(asked, frame, run);
    const DeviceRegion region(frame, asked.volume.geometry, asked.model.config(), asked.model.preprocessing(),
                              asked.device.tensors, pictures);
    predict_maps(asked, region, prediction, run);
  });
  return prediction;
}

}  // namespace

LesionPrediction predict_lesions(const Volume& volume, const Mask& liver, const LesionModel& model,
                                 const ComputeDevice& device, const LesionNetworksOptions& options, Run& run) {
  run.begin_stage("preprocessing", 0, kPrepared);
  const Question asked{volume, liver, model, device, options};
  return device.is_cpu() ? predict_on_cpu(asked, run) : predict_on_gpu(asked, run);
}

}  // namespace hepatica
