#include "pipelines/predict_lesions.h"

#include "models/mdl_cnn/device_region.h"
#include "pipelines/device_picture.h"
#include "runtime/compute_mode.h"
#include "runtime/executor.h"

namespace hepatica {
namespace {

// Shares of the pipeline's progress; of the MDL-CNN where another network follows.
constexpr double kPrepared = 0.1;
constexpr double kFirst = 0.3;
constexpr double kPredicted = 0.85;

void begin_networks(const LesionModel& model, Run& run) {
  run.begin_stage("classifying", kPrepared, model.config().location3d ? kFirst : kPredicted);
}

LesionCells predict_cells(const Volume& volume, const Mask& liver, const RegionInput& region, const LesionModel& model,
                          const ComputeDevice& device, Precision precision, EncodedCrop* crop, Run& run) {
  if (!model.config().location3d) return {};
  run.begin_stage("classifying", kFirst, kPredicted);
  const CanonicalSlices slices(volume);
  return lesion_cells(slices, liver, region.reference_hu, model.inference3d(device.tensors, precision),
                      {crop, {device.index, precision}}, run);
}

LesionPrediction predict_on_cpu(const Volume& volume, const Mask& liver, const LesionModel& model,
                                const ComputeDevice& device, Precision precision, EncodedCrop* crop, Run& run) {
  LesionPrediction prediction;
  prediction.region = make_region_input(volume, liver, model.config(), model.preprocessing(), run);
  if (prediction.region.slices == 0) return prediction;
  begin_networks(model, run);
  Executor::of(device).compute(run, [&] {
    {
      const StageTimer timer(run, "lesion_network");
      prediction.maps = model.inference(device.tensors, precision).predict(prediction.region, run);
    }
    prediction.cells = predict_cells(volume, liver, prediction.region, model, device, precision, crop, run);
  });
  return prediction;
}

LesionPrediction predict_on_gpu(const Volume& volume, const Mask& liver, const LesionModel& model,
                                const ComputeDevice& device, Precision precision, EncodedCrop* crop, Run& run) {
  LesionPrediction prediction;
  prediction.region = make_region_frame(volume, liver, model.config(), run);
  const RegionInput& frame = prediction.region;
  if (frame.slices == 0) return prediction;
  const DevicePictures pictures = [&](const PreprocessOptions& options) {
    return device_picture(device, volume, options, {frame.first_slice, frame.slices}, run);
  };
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, precision, run);
    {
      const DeviceRegion region(frame, volume.geometry, model.config(), model.preprocessing(), device.tensors,
                                pictures);
      begin_networks(model, run);
      const StageTimer timer(run, "lesion_network");
      prediction.maps = model.inference(device.tensors, precision).predict(region, run);
    }
    prediction.cells = predict_cells(volume, liver, frame, model, device, precision, crop, run);
  });
  return prediction;
}

}  // namespace

LesionPrediction predict_lesions(const Volume& volume, const Mask& liver, const LesionModel& model,
                                 const ComputeDevice& device, Precision precision, EncodedCrop* crop, Run& run) {
  run.begin_stage("preprocessing", 0, kPrepared);
  return device.is_cpu() ? predict_on_cpu(volume, liver, model, device, precision, crop, run)
                         : predict_on_gpu(volume, liver, model, device, precision, crop, run);
}

}  // namespace hepatica
