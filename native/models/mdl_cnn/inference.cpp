#include "models/mdl_cnn/inference.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/pixel_unshuffle.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>

#include "models/mdl_cnn/normalization.h"

namespace hepatica {
namespace {

// Region pixels of one batch: enough work for all threads, and activations of some MB.
constexpr int64_t kPixelsPerBatch = 65536;
// The size that weights are packed for: a liver at 1.5 mm at stride 4.
constexpr int64_t kPackingRows = 32;
constexpr int64_t kPackingColumns = 40;

at::Tensor channels_last(const at::Tensor& values, at::ScalarType dtype) {
  at::Tensor target = at::empty(values.sizes(), at::TensorOptions(dtype).memory_format(at::MemoryFormat::ChannelsLast));
  return target.copy_(values);
}

at::Tensor enlarge(const at::Tensor& x, int64_t rows, int64_t columns) {
  if (x.size(2) == rows && x.size(3) == columns) return x;
  return at::upsample_bilinear2d(x, {rows, columns}, false);
}

// Channel `channel` of all slices.
void store_bytes(const at::Tensor& probability, int64_t channel, uint8_t* bytes) {
  const at::Tensor plane = probability.select(1, channel).contiguous();
  const float* values = plane.const_data_ptr<float>();
  std::transform(values, values + plane.numel(), bytes,
                 [](float value) { return static_cast<uint8_t>(value * 255 + 0.5F); });
}

}  // namespace

MdlCnnInference::MdlCnnInference(const MdlCnnConfig& config, const StateDict& state, Precision precision,
                                 const std::string& file)
    : config_(config), precision_(precision) {
  const c10::InferenceMode inference_mode;
  const MdlFoldedWeights folded = fold_mdl_weights(config, state, file);
  stem_.push_back(pack(folded.stem, true, 2));
  for (const std::vector<FoldedBottleneck>& blocks : folded.stages) {
    std::vector<Bottleneck>& stage = stages_.emplace_back();
    for (const FoldedBottleneck& block : blocks) {
      std::optional<FusedConv> project;
      if (block.project.weight.defined()) project = pack(block.project, false, block.stride);
      stage.push_back({pack(block.narrow, true), pack(block.middle, true, block.stride), pack(block.widen, false),
                       std::move(project)});
    }
  }
  for (const FoldedConv& conv : folded.merge) merge_.push_back(pack(conv, false));
  for (const FoldedConv& conv : folded.location) location_.push_back(pack(conv, true));
  for (const FoldedConv& conv : folded.classes) classes_.push_back(pack(conv, true));
  heads_ = {pack(folded.location_head, false), pack(folded.class_head, false)};
}

FusedConv MdlCnnInference::pack(const FoldedConv& conv, bool relu, int64_t stride) const {
  return {conv.weight, conv.bias, 1, relu, dtype(), kPackingRows, kPackingColumns, stride};
}

at::Tensor MdlCnnInference::merged_base(const at::Tensor& region, int64_t rows, int64_t columns) const {
  const auto contexts = static_cast<int64_t>(config_.context_mm.size());
  const at::Tensor picture = imagenet_normalized(region.narrow(1, 0, contexts).expand({-1, 3, -1, -1}));
  at::Tensor features = at::max_pool2d(stem_.front()(channels_last(picture, dtype())), {3, 3}, {2, 2}, {1, 1});
  at::Tensor merged;
  for (size_t stage = 0; stage < stages_.size(); ++stage) {
    for (const Bottleneck& block : stages_[stage]) {
      at::Tensor sum = block.widen(block.middle(block.narrow(features)));
      features = sum.add_(block.project ? (*block.project)(features) : features).relu_();
    }
    const at::Tensor part = enlarge(merge_[stage](features), rows, columns);
    merged = merged.defined() ? merged.add_(part) : part;
  }
  return merged;
}

MdlCnnInference::Probabilities MdlCnnInference::forward(const at::Tensor& region) const {
  const c10::InferenceMode inference_mode;
  const at::Tensor cells = channels_last(at::pixel_unshuffle(region, MdlCnnConfig::kCell), dtype());
  at::Tensor location = at::cat({merged_base(region, cells.size(2), cells.size(3)), cells}, 1);
  for (const FusedConv& layer : location_) location = layer(location);
  at::Tensor classes =
      channels_last(at::pixel_unshuffle(class_normalized(region, config_), MdlCnnConfig::kCell), dtype());
  for (const FusedConv& layer : classes_) classes = layer(classes);
  const at::Tensor joined = heads_[1](at::cat({classes, location}, 1)).to(at::kFloat);
  const at::Tensor lesion = at::pixel_shuffle(heads_[0](location).to(at::kFloat), MdlCnnConfig::kCell);
  return {at::sigmoid(lesion), at::softmax(enlarge(joined, region.size(2), region.size(3)), 1)};
}

LesionMaps MdlCnnInference::predict(const RegionInput& region, Run& run) const {
  const int64_t pixels = region.canvas.pixels();
  LesionMaps maps;
  maps.location.resize(static_cast<size_t>(region.slices * pixels));
  for (auto& plane : maps.classes) plane.resize(maps.location.size());
  const int64_t batch = std::max<int64_t>(1, kPixelsPerBatch / std::max<int64_t>(1, pixels));
  for (int64_t begin = 0; begin < region.slices; begin += batch) {
    run.check_cancelled();
    std::vector<int64_t> slices(static_cast<size_t>(std::min(batch, region.slices - begin)));
    std::iota(slices.begin(), slices.end(), begin);
    const Probabilities probabilities = forward(region.batch(slices));
    store_bytes(probabilities.location, 0, maps.location.data() + begin * pixels);
    for (int64_t type = 0; type < kLesionTypes; ++type) {
      store_bytes(probabilities.classes, type, maps.classes[type].data() + begin * pixels);
    }
    run.progress(static_cast<double>(begin + static_cast<int64_t>(slices.size())) / static_cast<double>(region.slices));
  }
  return maps;
}

}  // namespace hepatica
