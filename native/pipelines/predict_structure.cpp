#include "pipelines/predict_structure.h"

#include <ATen/Context.h>
#include <ATen/ops/from_blob.h>

#include "core/error.h"
#include "cuda/loader.h"
#include "cuda/preprocess.h"
#include "models/liver_cnn/network_input.h"
#include "ops/preprocess.h"
#include "runtime/cpu_features.h"
#include "runtime/inference_queue.h"

namespace hepatica {
namespace {

// Shares of the pipeline's progress.
constexpr double kPrepared = 0.15;
constexpr double kPredicted = 0.85;

// bf16 came with compute capability 8.0.
Precision choose_cuda_precision(PrecisionChoice choice, const CudaDevice& device) {
  if (choice == PrecisionChoice::kFp32) return Precision::kFp32;
  if (device.compute_major >= 8) return Precision::kBf16;
  if (choice == PrecisionChoice::kAuto) return Precision::kFp32;
  throw Error("UNSUPPORTED_PRECISION", device.name + " does not compute in bf16", {}, "precision",
              "Use precision 'auto' or 'fp32'");
}

Prediction predict_on_cpu(const Volume& ct, const SegmenterModel& model, PrecisionChoice choice, Run& run) {
  Prediction prediction;
  prediction.precision = choose_cpu_precision(choice);
  run.begin_stage("preprocessing", 0, kPrepared);
  NetworkInput input;
  {
    const ByteVolume equalized = preprocess(ct, model.preprocessing(), run);
    const StageTimer timer(run, "network_input");
    input = make_network_input(ct, equalized, model.config(), run);
  }
  run.begin_stage("segmenting", kPrepared, kPredicted);
  InferenceQueue::of_device(false).run(run, [&] {
    const StageTimer timer(run, "network");
    prediction.probabilities = model.inference(prediction.precision).predict(input, run);
  });
  return prediction;
}

// The equalized picture as a tensor on the GPU: the kernels' own buffer, without a way through the host; CLAHE, which
// has no kernel, is computed on the CPU.
struct DeviceInput {
  std::unique_ptr<DevicePicture> kernel_output;
  ByteVolume host_output;
  at::Tensor equalized;
};

DeviceInput prepare_on_cuda(CudaLibrary& library, const Volume& ct, const PreprocessOptions& options, Run& run) {
  const auto device = at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(library.devices()[0].index));
  const Size3& size = ct.geometry.size;
  const std::array<int64_t, 3> shape = {size[2], size[1], size[0]};
  DeviceInput input;
  if (options.equalization == Equalization::kClahe) {
    input.host_output = preprocess(ct, options, run);
    input.equalized = at::from_blob(input.host_output.voxels.data(), shape, at::kByte).to(device);
    return input;
  }
  const StageTimer timer(run, "preprocess");
  const bool equalize = options.equalization == Equalization::kGlobal;
  input.kernel_output = preprocess_to_device(library, ct, {options.hu_min, options.hu_max, equalize}, run);
  input.equalized =
      at::from_blob(input.kernel_output->device_bytes(), shape, at::TensorOptions(at::kByte).device(device));
  return input;
}

Prediction predict_on_cuda(CudaLibrary& library, const Volume& ct, const SegmenterModel& model, PrecisionChoice choice,
                           Run& run) {
  const CudaDevice& device = library.devices()[0];
  Prediction prediction;
  prediction.precision = choose_cuda_precision(choice, device);
  run.begin_stage("preprocessing", 0, kPrepared);
  const DeviceInput input = prepare_on_cuda(library, ct, model.preprocessing(), run);
  const NetworkInput frame = make_network_frame(ct, model.config(), run);
  run.begin_stage("segmenting", kPrepared, kPredicted);
  InferenceQueue::of_device(true).run(run, [&] {
    const StageTimer timer(run, "network");
    const LiverCnnDeviceInference& network = model.cuda_inference(device.index, prediction.precision);
    prediction.probabilities = network.predict(input.equalized, ct.geometry, frame, run);
  });
  run.set_device_used(device.label());
  return prediction;
}

}  // namespace

Prediction predict_structure(const Volume& ct, const SegmenterModel& model, PrecisionChoice precision, Run& run) {
  CudaLibrary* const library = choose_cuda(run.requested_device, CudaLibrary::instance());
  if (library && at::hasCUDA()) return predict_on_cuda(*library, ct, model, precision, run);
  if (library) {
    run.warn("NETWORK_ON_CPU",
             "A GPU answers, but this libtorch was built without CUDA: the network computes on the CPU");
  }
  Prediction prediction = predict_on_cpu(ct, model, precision, run);
  // The kernels may have run on a GPU; what the caller asks about is the network.
  run.set_device_used("cpu");
  return prediction;
}

}  // namespace hepatica
