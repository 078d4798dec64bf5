#include "pipelines/predict_structure.h"

#include "models/liver_cnn/network_input.h"
#include "ops/preprocess.h"
#include "pipelines/device_picture.h"
#include "runtime/compute_mode.h"
#include "runtime/executor.h"

namespace hepatica {
namespace {

// Shares of the pipeline's progress.
constexpr double kPrepared = 0.15;
constexpr double kPredicted = 0.85;

Prediction predict_on_cpu(const Volume& ct, const SegmenterModel& model, const ComputeDevice& device,
                          Precision precision, Run& run) {
  Prediction prediction{.probabilities = {}, .precision = precision};
  run.begin_stage("preprocessing", 0, kPrepared);
  NetworkInput input;
  {
    const ByteVolume equalized = preprocess(ct, model.preprocessing(), run);
    const StageTimer timer(run, "network_input");
    input = make_network_input(ct, equalized, model.config(), run);
  }
  run.begin_stage("segmenting", kPrepared, kPredicted);
  Executor::of(device).compute(run, [&] {
    const StageTimer timer(run, "network");
    prediction.probabilities = model.inference(device.tensors, precision).predict(input, run);
  });
  return prediction;
}

Prediction predict_on_gpu(const Volume& ct, const SegmenterModel& model, const ComputeDevice& device,
                          Precision precision, Run& run) {
  Prediction prediction{.probabilities = {}, .precision = precision};
  run.begin_stage("preprocessing", 0, kPrepared);
  const at::Tensor equalized = device_picture(device, ct, model.preprocessing(), {0, ct.geometry.slice_count()}, run);
  const NetworkInput frame = make_network_frame(ct, model.config(), run);
  run.begin_stage("segmenting", kPrepared, kPredicted);
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, precision, run);
    const StageTimer timer(run, "network");
    const LiverCnnInference& network = model.inference(device.tensors, precision);
    prediction.probabilities = network.predict(equalized, ct.geometry, frame, run);
  });
  return prediction;
}

}  // namespace

Prediction predict_structure(const Volume& ct, const SegmenterModel& model, const ComputeDevice& device,
                             PrecisionChoice choice, Run& run) {
  const Precision precision = choose_precision(choice, device);
  return device.is_cpu() ? predict_on_cpu(ct, model, device, precision, run)
                         : predict_on_gpu(ct, model, device, precision, run);
}

}  // namespace hepatica
