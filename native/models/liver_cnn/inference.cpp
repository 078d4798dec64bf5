#include "models/liver_cnn/inference.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sigmoid.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <utility>

#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"
#include "models/liver_cnn/channels.h"
#include "models/liver_cnn/device_channels.h"
#include "models/liver_cnn/network.h"

namespace hepatica {
namespace {

// Sub-sampled pixels of one batch: enough work for all threads, and activations that stay in a cache of some MB.
constexpr int64_t kCellsPerBatch = 16384;
constexpr int64_t kSlicesPerDeviceBatch = 16;

std::unique_ptr<Layers> checked_layers(const LiverCnnConfig& config, const StateDict& state, const at::Device& device,
                                       Precision precision, const std::string& file) {
  const RecordedLayers layers = liver_cnn_layers(config);
  check_weights(layers, state, "this liver network", file);
  return inference_layers(layers, state, device, precision);
}

// round(255 p), on the probability's device.
void store_bytes(const at::Tensor& probability, const at::Tensor& bytes) {
  if (!probability.is_cpu()) {
    bytes.copy_(probability.mul(255).add(0.5).to(at::kByte));
    return;
  }
  const at::Tensor dense = probability.contiguous();
  const float* values = dense.const_data_ptr<float>();
  auto* const target = bytes.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, dense.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) target[i] = static_cast<uint8_t>(values[i] * 255 + 0.5F);
  });
}

}  // namespace

LiverCnnInference::LiverCnnInference(const LiverCnnConfig& config, const StateDict& state, const at::Device& device,
                                     Precision precision, const std::string& file)
    : LiverCnnInference(config, checked_layers(config, state, device, precision, file), device, layer_type(precision)) {
}

LiverCnnInference::LiverCnnInference(const LiverCnnConfig& config, std::unique_ptr<Layers> layers,
                                     const at::Device& device, at::ScalarType dtype)
    : config_(config), device_(device), dtype_(dtype), layers_(std::move(layers)) {}

at::Tensor LiverCnnInference::forward(const at::Tensor& channels) const {
  const c10::InferenceMode inference_mode;
  return at::sigmoid(forward_liver_cnn(*layers_, config_, channels));
}

ProbabilityMap LiverCnnInference::predict(const NetworkInput& input, Run& run) const {
  ProbabilityMap map = empty_map(input);
  const ChannelAssembler assembler(input, config_, map.canvas, dtype_);
  const int64_t cells = map.canvas.width * map.canvas.height / (config_.subsampling * config_.subsampling);
  fill(
      map, [&](std::span<const int64_t> slices) { return assembler.assemble(slices); },
      std::max<int64_t>(1, kCellsPerBatch / cells), run);
  return map;
}

ProbabilityMap LiverCnnInference::predict(const at::Tensor& equalized, const Geometry& source,
                                          const NetworkInput& frame, Run& run) const {
  const c10::InferenceMode inference_mode;
  ProbabilityMap map = empty_map(frame);
  const DeviceChannels channels(equalized, source, frame, config_, map.canvas);
  fill(
      map, [&](std::span<const int64_t> slices) { return channels.assemble(slices); }, kSlicesPerDeviceBatch, run);
  return map;
}

ProbabilityMap LiverCnnInference::empty_map(const NetworkInput& frame) const {
  ProbabilityMap map;
  map.grid = frame.grid;
  map.canvas = body_canvas(frame, config_.subsampling);
  map.slices = predicted_slices(frame, config_);
  return map;
}

void LiverCnnInference::fill(ProbabilityMap& map, const Channels& channels, int64_t batch, Run& run) const {
  const c10::InferenceMode inference_mode;
  const auto count = static_cast<int64_t>(map.slices.size());
  map.probability.resize(static_cast<size_t>(count * map.canvas.pixels()));
  const std::array<int64_t, 4> shape = {count, 1, map.canvas.height, map.canvas.width};
  const at::Tensor host = at::from_blob(map.probability.data(), shape, at::kByte);
  const at::Tensor bytes = device_.is_cpu() ? host : at::empty(shape, host.options().device(device_));
  for (int64_t begin = 0; begin < count; begin += batch) {
    run.check_cancelled();
    const int64_t size = std::min(batch, count - begin);
    const std::span slices(map.slices.data() + begin, static_cast<size_t>(size));
    store_bytes(forward(channels(slices)), bytes.narrow(0, begin, size));
    run.progress(static_cast<double>(begin + size) / static_cast<double>(count));
  }
  if (!device_.is_cpu()) host.copy_(bytes);
}

}  // namespace hepatica
