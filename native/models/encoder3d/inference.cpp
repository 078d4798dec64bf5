#include "models/encoder3d/inference.h"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "models/encoder3d/network.h"
#include "models/encoder3d/tiles.h"
#include "models/locator3d/network.h"

namespace hepatica {
namespace {

// A liver in its box, as it is packed for.
constexpr std::array<int64_t, 3> kPackingCells = {72, 152, 176};
constexpr std::array<int64_t, 3> kPackingLocatorCells = {64, 72, 72};

at::Tensor volume_of(const std::vector<float>& values, int64_t channels, const Size3& cells) {
  // from_blob only reads here; its signature cannot say so.
  return at::from_blob(const_cast<float*>(values.data()), {1, channels, cells[2], cells[1], cells[0]}, at::kFloat);
}

// Softmax of the `wanted` classes, into `targets` that lie `target_step` apart. `logits`: one cell's, `classes` of
// them, `step` apart.
void class_probabilities(const float* logits, int64_t classes, int64_t step, const std::vector<int64_t>& wanted,
                         float* targets, int64_t target_step) {
  float highest = logits[0];
  for (int64_t i = 1; i < classes; ++i) highest = std::max(highest, logits[i * step]);
  float sum = 0;
  for (int64_t i = 0; i < classes; ++i) sum += std::exp(logits[i * step] - highest);
  for (const int64_t i : wanted) {
    *targets = std::exp(logits[i * step] - highest) / sum;
    targets += target_step;
  }
}

// `logits`: (1, classes * 4, slices, rows, columns), channels-last, of half rows and columns; into planes of full ones,
// those of one class `target_step` behind those of the one before.
void store_probability(const at::Tensor& logits, int64_t classes, const std::vector<int64_t>& wanted, float* planes,
                       int64_t target_step) {
  const at::Tensor cells = channels_last(logits, at::kCPU, at::kFloat);
  const float* const values = cells.const_data_ptr<float>();
  const int64_t columns = cells.size(4);
  const int64_t rows = cells.size(2) * cells.size(3);
  at::parallel_for(0, rows, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const float* const cell = values + (row * columns + column) * 4 * classes;
        float* const target = planes + row * 4 * columns + 2 * column;
        for (int64_t sub = 0; sub < 4; ++sub) {
          class_probabilities(cell + sub, classes, 4, wanted, target + (sub / 2) * 2 * columns + sub % 2, target_step);
        }
      }
    }
  });
}

}  // namespace

RecordedLayers encoder3d_layers(const Encoder3dConfig& config) {
  return record([&](Layers& layers) {
    const auto [z, y, x] = kPackingLocatorCells;
    Locator3d(config.locator).forward(layers, meta_input({1, 3, z, y, x}));
    const auto [depth, height, width] = kPackingCells;
    const Size3& cell = Encoder3dConfig::kContextCells;
    const at::Tensor coordinates = meta_input({1, 2, depth / cell[2], height / cell[1], width / cell[0]});
    Encoder3d(config).forward(layers, meta_input({1, 1, depth, height, width}), coordinates);
  });
}

std::vector<float> Encoder3dInference::locate(const std::vector<float>& channels, const Size3& cells) const {
  const c10::InferenceMode inference_mode;
  const at::Tensor logit = Locator3d(config_.locator).forward(*layers_, volume_of(channels, 3, cells));
  const at::Tensor probability = logit.to(at::kFloat).sigmoid().cpu().contiguous();
  const float* const values = probability.const_data_ptr<float>();
  return {values, values + probability.numel()};
}

Encoder3dInference::Outline Encoder3dInference::outline(const std::vector<float>& values,
                                                        const std::vector<float>& coordinates, const Size3& cells,
                                                        const std::vector<int64_t>& classes, Run& run) const {
  const c10::InferenceMode inference_mode;
  const Size3& context = Encoder3dConfig::kContextCells;
  const Size3 coarse = {cells[0] / context[0], cells[1] / context[1], cells[2] / context[2]};
  Outline outline{std::vector<float>(values.size() * classes.size()), {}};
  const auto step = static_cast<int64_t>(values.size());
  outline.features =
      Encoder3d(config_).forward(*layers_, volume_of(values, 1, cells), volume_of(coordinates, 2, coarse),
                                 tile_slices(cells), [&](int64_t first, const at::Tensor& logits) {
                                   run.check_cancelled();
                                   float* const planes = outline.probability.data() + first * cells[0] * cells[1];
                                   store_probability(logits, config_.classes(), classes, planes, step);
                                 });
  return outline;
}

}  // namespace hepatica
