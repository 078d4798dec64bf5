#include "models/lesion3d/inference.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "models/encoder3d/tiles.h"
#include "models/lesion3d/network.h"

namespace hepatica {
namespace {

// A liver in its box, as it is packed for.
constexpr std::array<int64_t, 5> kPackingShape = {1, 1, 72, 152, 176};
// Part of a cell inside the liver above which it is the liver's.
constexpr float kInside = 0.5F;

at::Tensor volume_of(const std::vector<float>& values, const Size3& cells, at::Device device) {
  // from_blob only reads here; its signature cannot say so.
  auto* const data = const_cast<float*>(values.data());
  return at::from_blob(data, {1, 1, cells[2], cells[1], cells[0]}, at::kFloat).to(device);
}

at::Tensor mask_of(const Lesion3dCells& cells, at::Device device) {
  return volume_of(cells.inside, cells.size, device).gt(kInside).to(at::kFloat);
}

// First and last of what counts, on one axis; last below first where nothing does.
struct Extent {
  int64_t first = std::numeric_limits<int64_t>::max();
  int64_t last = -1;

  void add(int64_t i) {
    first = std::min(first, i);
    last = std::max(last, i);
  }
};

// Slices, rows and columns that hold some of the liver, of the slices `begin` to `end`.
std::array<Extent, 3> liver_extent(const Lesion3dCells& cells, int64_t begin, int64_t end) {
  const auto [columns, rows, depth] = cells.size;
  const auto is_liver = [](float inside) { return inside > 0; };
  std::array<Extent, 3> extent;
  auto& [slices, lines, places] = extent;
  for (int64_t z = std::max<int64_t>(0, begin); z < std::min(end, depth); ++z) {
    for (int64_t y = 0; y < rows; ++y) {
      const float* const row = cells.inside.data() + (z * rows + y) * columns;
      const float* const first = std::find_if(row, row + columns, is_liver);
      if (first == row + columns) continue;
      slices.add(z);
      lines.add(y);
      places.add(first - row);
      const float* last = row + columns - 1;
      while (!is_liver(*last)) --last;
      places.add(last - row);
    }
  }
  return extent;
}

// The liver, tile by tile, with one cell around it.
std::vector<FinePart> parts_around_liver(const Lesion3dCells& cells) {
  const auto [columns, rows, depth] = cells.size;
  const auto from = [](const Extent& extent) { return std::max<int64_t>(0, extent.first - 1) / 2; };
  const auto to = [](const Extent& extent, int64_t size) { return std::min((extent.last + 1) / 2 + 1, size / 2); };
  const Extent slices = liver_extent(cells, 0, depth)[0];
  const int64_t last = std::min(slices.last + 2, depth);
  const int64_t step = tile_slices(cells.size);
  std::vector<FinePart> parts;
  for (int64_t begin = std::max<int64_t>(0, slices.first - 1); begin < last; begin += step) {
    const int64_t end = std::min(begin + step, last);
    const auto [z, y, x] = liver_extent(cells, begin - 1, end + 1);
    if (z.last >= 0) parts.push_back({{begin, from(y), from(x)}, {end, to(y, rows), to(x, columns)}});
  }
  return parts;
}

// `logits` of a part, as probabilities at their places of `size` cells.
void place(const at::Tensor& logits, const FinePart& part, const Size3& size, std::vector<float>& probability) {
  const at::Tensor planes = pixel_shuffle(logits.to(at::kFloat).sigmoid(), {1, 2, 2}).cpu().contiguous();
  const float* row = planes.const_data_ptr<float>();
  const auto& [begin, end] = in_cells(part);
  for (int64_t z = begin[0]; z < end[0]; ++z) {
    for (int64_t y = begin[1]; y < end[1]; ++y, row += end[2] - begin[2]) {
      std::copy_n(row, end[2] - begin[2], probability.data() + (z * size[1] + y) * size[0] + begin[2]);
    }
  }
}

}  // namespace

RecordedLayers lesion3d_layers(const Lesion3dConfig& config) {
  return record([&](Layers& layers) {
    const at::Tensor volume = meta_input(kPackingShape);
    Lesion3d(config).forward(layers, {volume, volume, volume});
  });
}

std::vector<float> Lesion3dInference::locate(const Lesion3dCells& cells, Run& run,
                                             const EncoderFeatures* features) const {
  const c10::InferenceMode inference_mode;
  const Lesion3dInput input{volume_of(cells.values, cells.size, device_),
                            volume_of(cells.relative, cells.size, device_), mask_of(cells, device_)};
  std::vector<float> probability(cells.values.size());
  const auto emit = [&](const FinePart& part, const at::Tensor& logits) {
    run.check_cancelled();
    place(logits, part, cells.size, probability);
  };
  const Lesion3d network(config_);
  const std::vector<FinePart> parts = parts_around_liver(cells);
  if (parts.empty()) return probability;
  if (features != nullptr) {
    network.forward(*layers_, input, *features, parts, emit);
  } else {
    network.forward(*layers_, input, tile_slices(cells.size), parts, emit);
  }
  return probability;
}

EncoderFeatures Lesion3dInference::encode(const std::vector<float>& values, const Size3& size) const {
  const c10::InferenceMode inference_mode;
  return Lesion3d(config_).encode(*layers_, volume_of(values, size, device_), tile_slices(size));
}

}  // namespace hepatica
