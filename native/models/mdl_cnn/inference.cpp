#include "models/mdl_cnn/inference.h"

#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"
#include "models/mdl_cnn/network.h"

namespace hepatica {
namespace {

// Region pixels of one batch: enough work for all threads, and activations of some MB.
constexpr int64_t kPixelsPerBatch = 65536;

std::unique_ptr<Layers> checked_layers(const MdlCnnConfig& config, const StateDict& state, const at::Device& device,
                                       Precision precision, const std::string& file) {
  const RecordedLayers layers = mdl_cnn_layers(config);
  check_weights(layers, state, "this lesion network", file);
  return inference_layers(layers, state, device, precision);
}

// Channel `channel` of all slices.
void store_bytes(const at::Tensor& probability, int64_t channel, uint8_t* bytes) {
  const at::Tensor plane = probability.select(1, channel).contiguous();
  const float* values = plane.const_data_ptr<float>();
  std::transform(values, values + plane.numel(), bytes,
                 [](float value) { return static_cast<uint8_t>(value * 255 + 0.5F); });
}

}  // namespace

MdlCnnInference::MdlCnnInference(const MdlCnnConfig& config, const StateDict& state, const at::Device& device,
                                 Precision precision, const std::string& file)
    : MdlCnnInference(config, checked_layers(config, state, device, precision, file), device) {}

MdlCnnInference::MdlCnnInference(const MdlCnnConfig& config, std::unique_ptr<Layers> layers, const at::Device& device)
    : config_(config), device_(device), layers_(std::move(layers)) {}

MdlCnnInference::Probabilities MdlCnnInference::forward(const at::Tensor& region) const {
  const c10::InferenceMode inference_mode;
  const MdlOutput logits = forward_mdl_cnn(*layers_, config_, region.to(device_));
  return {at::sigmoid(logits.location), at::softmax(logits.classes, 1)};
}

LesionMaps MdlCnnInference::predict(const RegionInput& region, Run& run) const {
  return predict(
      region, [&](std::span<const int64_t> slices) { return region.batch(slices); }, run);
}

LesionMaps MdlCnnInference::predict(const DeviceRegion& region, Run& run) const {
  return predict(
      region.frame(), [&](std::span<const int64_t> slices) { return region.batch(slices); }, run);
}

LesionMaps MdlCnnInference::predict(const RegionInput& region, const Batch& region_batch, Run& run) const {
  const int64_t pixels = region.canvas.pixels();
  LesionMaps maps;
  maps.location.resize(static_cast<size_t>(region.slices * pixels));
  for (auto& plane : maps.classes) plane.resize(maps.location.size());
  const int64_t batch = std::max<int64_t>(1, kPixelsPerBatch / std::max<int64_t>(1, pixels));
  for (int64_t begin = 0; begin < region.slices; begin += batch) {
    run.check_cancelled();
    std::vector<int64_t> slices(static_cast<size_t>(std::min(batch, region.slices - begin)));
    std::iota(slices.begin(), slices.end(), begin);
    const Probabilities on_device = forward(region_batch(slices));
    const Probabilities probabilities{on_device.location.cpu(), on_device.classes.cpu()};
    store_bytes(probabilities.location, 0, maps.location.data() + begin * pixels);
    for (int64_t type = 0; type < kLesionTypes; ++type) {
      store_bytes(probabilities.classes, type, maps.classes[type].data() + begin * pixels);
    }
    run.progress(static_cast<double>(begin + static_cast<int64_t>(slices.size())) / static_cast<double>(region.slices));
  }
  return maps;
}

}  // namespace hepatica
