#include "models/mdl_cnn/inference.h"

#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
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

// `plane` lies on the host.
void store_bytes(const at::Tensor& plane, uint8_t* bytes) {
  const at::Tensor dense = plane.contiguous();
  const float* values = dense.const_data_ptr<float>();
  std::transform(values, values + dense.numel(), bytes,
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

LesionMaps MdlCnnInference::predict(const RegionInput& region, const WantedClasses& wanted, Run& run) const {
  return predict(
      region, [&](std::span<const int64_t> slices) { return region.batch(slices); }, wanted, run);
}

LesionMaps MdlCnnInference::predict(const DeviceRegion& region, const WantedClasses& wanted, Run& run) const {
  return predict(
      region.frame(), [&](std::span<const int64_t> slices) { return region.batch(slices); }, wanted, run);
}

void MdlCnnInference::predict_batch(const at::Tensor& region, int64_t first, const WantedClasses& wanted,
                                    LesionMaps& maps) const {
  const c10::InferenceMode inference_mode;
  const at::Tensor planes = region.to(device_);
  const int64_t pixels = planes.size(2) * planes.size(3);
  const MdlLocation location = forward_mdl_location(*layers_, config_, planes);
  uint8_t* const bytes = maps.location.data() + first * pixels;
  store_bytes(location.logits.sigmoid().cpu(), bytes);
  const std::vector<int64_t> classified = wanted(first, {bytes, static_cast<size_t>(planes.size(0) * pixels)});
  if (classified.empty()) return;
  const at::Tensor chosen = at::tensor(classified).to(device_);
  const auto some = [&](const at::Tensor& whole) { return whole.index_select(0, chosen); };
  const at::Tensor logits = forward_mdl_classes(*layers_, config_, some(planes), some(location.features));
  const at::Tensor classes = at::softmax(logits, 1).cpu();
  for (size_t i = 0; i < classified.size(); ++i) {
    for (int64_t type = 0; type < kLesionTypes; ++type) {
      store_bytes(classes[static_cast<int64_t>(i)][type], maps.classes[type].data() + (first + classified[i]) * pixels);
    }
  }
}

LesionMaps MdlCnnInference::predict(const RegionInput& region, const Batch& region_batch, const WantedClasses& wanted,
                                    Run& run) const {
  const int64_t pixels = region.canvas.pixels();
  LesionMaps maps;
  maps.location.resize(static_cast<size_t>(region.slices * pixels));
  for (auto& plane : maps.classes) plane.resize(maps.location.size());
  const int64_t batch = std::max<int64_t>(1, kPixelsPerBatch / std::max<int64_t>(1, pixels));
  for (int64_t begin = 0; begin < region.slices; begin += batch) {
    run.check_cancelled();
    std::vector<int64_t> slices(static_cast<size_t>(std::min(batch, region.slices - begin)));
    std::iota(slices.begin(), slices.end(), begin);
    predict_batch(region_batch(slices), begin, wanted, maps);
    run.progress(static_cast<double>(begin + static_cast<int64_t>(slices.size())) / static_cast<double>(region.slices));
  }
  return maps;
}

}  // namespace hepatica
