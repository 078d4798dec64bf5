#include "models/liver_cnn/inference.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pixel_shuffle.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "models/layers/max_pool.h"
#include "models/liver_cnn/channels.h"

namespace hepatica {
namespace {

// Sub-sampled pixels of one batch: enough work for all threads, and activations that stay in a cache of some MB.
constexpr int64_t kCellsPerBatch = 16384;
// The size that weights are packed for; a body at 2 mm and a sub-sampling of 4 has about as many cells.
constexpr int64_t kPackingRows = 36;
constexpr int64_t kPackingColumns = 48;

void store_bytes(const at::Tensor& probability, uint8_t* bytes) {
  const float* values = probability.const_data_ptr<float>();
  at::parallel_for(0, probability.numel(), 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) bytes[i] = static_cast<uint8_t>(values[i] * 255 + 0.5F);
  });
}

}  // namespace

LiverCnnInference::LiverCnnInference(const LiverCnnConfig& config, const StateDict& state, Precision precision,
                                     const std::string& file)
    : config_(config), precision_(precision) {
  const c10::InferenceMode inference_mode;
  const FoldedWeights folded = fold_weights(config, state, file);
  for (size_t i = 0; i < folded.layers.size(); ++i) {
    layers_.emplace_back(folded.layers[i].weight, folded.layers[i].bias, config.dilations[i], true, dtype(),
                         kPackingRows, kPackingColumns);
  }
  head_.emplace_back(folded.head.weight, folded.head.bias, 1, false, dtype(), kPackingRows, kPackingColumns);
}

at::Tensor LiverCnnInference::forward(const at::Tensor& channels) const {
  const c10::InferenceMode inference_mode;
  std::vector<at::Tensor> skipped;
  at::Tensor features = channels;
  for (const FusedConv& layer : layers_) {
    features = max_pool_3x3(layer(features));
    if (config_.skip == SkipKind::kAllLayers) skipped.push_back(features);
  }
  if (config_.skip == SkipKind::kInput) skipped = {features, channels};
  if (!skipped.empty()) features = at::cat(skipped, 1);
  const at::Tensor dense = head_.front()(features).to(at::kFloat);
  if (config_.head == HeadKind::kSubpixel) {
    return at::pixel_shuffle(at::sigmoid(dense), config_.subsampling).contiguous();
  }
  const int64_t height = dense.size(2) * config_.subsampling;
  const int64_t width = dense.size(3) * config_.subsampling;
  return at::sigmoid(at::upsample_bilinear2d(dense, {height, width}, false)).contiguous();
}

ProbabilityMap LiverCnnInference::predict(const NetworkInput& input, Run& run) const {
  ProbabilityMap map;
  map.grid = input.grid;
  map.canvas = body_canvas(input, config_.subsampling);
  map.slices = predicted_slices(input, config_);
  map.probability.resize(map.slices.size() * map.canvas.width * map.canvas.height);
  const ChannelAssembler assembler(input, config_, map.canvas, dtype());
  const int64_t cells = map.canvas.width * map.canvas.height / (config_.subsampling * config_.subsampling);
  const int64_t batch = std::max<int64_t>(1, kCellsPerBatch / cells);
  const auto count = static_cast<int64_t>(map.slices.size());
  for (int64_t begin = 0; begin < count; begin += batch) {
    run.check_cancelled();
    const int64_t size = std::min(batch, count - begin);
    const std::span slices(map.slices.data() + begin, static_cast<size_t>(size));
    store_bytes(forward(assembler.assemble(slices)), map.plane(begin));
    run.progress(static_cast<double>(begin + size) / static_cast<double>(count));
  }
  return map;
}

}  // namespace hepatica
