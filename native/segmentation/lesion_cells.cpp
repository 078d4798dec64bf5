#include "segmentation/lesion_cells.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "grid/sample_cells.h"
#include "models/encoder3d/config.h"
#include "ops/bounding_box.h"
#include "segmentation/box_probabilities.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// A cell is the liver's that is inside by more.
constexpr float kInside = 0.5F;
// A box of the one network is a box of the other, where their cells are alike: encoder_id tells.
static_assert(Encoder3dConfig::kMultiple == Lesion3dConfig::kMultiple);
// 1.7 cubic metres: no patient has more.
constexpr int64_t kMostLiverCells = 256'000'000;

BoxMm box_mm(const Size3& begin, const Size3& end, const Vec3& cell_mm) {
  BoxMm box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = static_cast<double>(begin[axis]) * cell_mm[axis];
    box.high[axis] = static_cast<double>(end[axis]) * cell_mm[axis];
  }
  return box;
}

void check_size(const CellBox& box) { check_cells(box, kMostLiverCells, "a liver"); }

// From `begin` to before `end`.
struct CellRange3 {
  Size3 begin;
  Size3 end;
};

// The liver's cells with the margin around them, inside the grid; empty: none.
std::optional<CellRange3> liver_cells(const Mask& liver, const BoundingBox& voxels, const CellGrid& grid, Run& run) {
  const Size3 behind = {voxels.max[0] + 1, voxels.max[1] + 1, voxels.max[2] + 1};
  const CellBox near = cover_box(box_mm(voxels.min, behind, liver.geometry.spacing_mm), grid, 1);
  check_size(near);
  const std::vector<float> inside = sample_cells(liver, grid, near, run);
  Size3 min = near.length;
  Size3 end = {0, 0, 0};
  const float* cell = inside.data();
  for (int64_t z = 0; z < near.length[2]; ++z) {
    for (int64_t y = 0; y < near.length[1]; ++y) {
      for (int64_t x = 0; x < near.length[0]; ++x, ++cell) {
        if (*cell <= kInside) continue;
        min = {std::min(min[0], x), std::min(min[1], y), std::min(min[2], z)};
        end = {std::max(end[0], x + 1), std::max(end[1], y + 1), std::max(end[2], z + 1)};
      }
    }
  }
  if (end[0] == 0) return std::nullopt;
  for (int axis = 0; axis < 3; ++axis) {
    const auto margin = static_cast<int64_t>(Lesion3dConfig::kMarginMm / grid.cell_mm[axis]);
    min[axis] = std::max<int64_t>(0, near.begin[axis] + min[axis] - margin);
    end[axis] = std::min(grid.size[axis], near.begin[axis] + end[axis] + margin);
  }
  return CellRange3{min, end};
}

// The centres of all of the mask's voxels lie in `box`: each gets its answer there.
bool holds(const CellBox& box, const BoundingBox& voxels, const Vec3& spacing_mm, const CellGrid& grid) {
  for (int axis = 0; axis < 3; ++axis) {
    const auto cell = [&](int64_t voxel) {
      return (static_cast<double>(voxel) + 0.5) * spacing_mm[axis] / grid.cell_mm[axis];
    };
    if (cell(voxels.min[axis]) < static_cast<double>(box.begin[axis])) return false;
    if (cell(voxels.max[axis]) >= static_cast<double>(box.begin[axis] + box.length[axis])) return false;
  }
  return true;
}

// The part of `crop` that covers what it holds of `wanted`, on the lattice of the encoder's features.
CellBox box_within(const CellBox& crop, const CellRange3& wanted) {
  constexpr int64_t kMultiple = Lesion3dConfig::kMultiple;
  CellBox box;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t length = crop.length[axis];
    const int64_t stride = EncoderFeatures::kStride[axis];
    const int64_t first = std::max<int64_t>(0, wanted.begin[axis] - crop.begin[axis]) / stride * stride;
    const int64_t end = std::min(length, wanted.end[axis] - crop.begin[axis]);
    box.length[axis] = std::min(length, (end - first + kMultiple - 1) / kMultiple * kMultiple);
    box.begin[axis] = crop.begin[axis] + std::min(first, length - box.length[axis]);
  }
  return box;
}

// `hu`: the scan's, of the box.
Lesion3dCells shown_cells(std::vector<float> hu, const Mask& liver, float reference_hu, const CellGrid& grid,
                          const CellBox& box, Run& run) {
  Lesion3dCells shown{box.length, std::move(hu), {}, sample_cells(liver, grid, box, run)};
  shown.relative.resize(shown.values.size());
  std::transform(shown.values.begin(), shown.values.end(), shown.relative.begin(), [reference_hu](float value) {
    return std::clamp((value - reference_hu) / Lesion3dConfig::kContrastHu, -Lesion3dConfig::kContrastLimit,
                      Lesion3dConfig::kContrastLimit);
  });
  map_to_network_values(shown.values);
  return shown;
}

std::vector<float> window_probability(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                                      const CellGrid& grid, const CellBox& box, const Lesion3dInference& network,
                                      Run& run) {
  Lesion3dCells shown;
  {
    const StageTimer timer(run, "lesion_input_3d");
    shown = shown_cells(sample_cells(source, grid, box, run), liver, reference_hu, grid, box, run);
  }
  const StageTimer timer(run, "lesion_network_3d");
  return network.locate(shown, run);
}

std::vector<float> part_of_cells(const std::vector<float>& cells, const CellBox& whole, const CellBox& part) {
  std::vector<float> values(static_cast<size_t>(part.cells()));
  float* target = values.data();
  const auto [x, y, z] =
      Size3{part.begin[0] - whole.begin[0], part.begin[1] - whole.begin[1], part.begin[2] - whole.begin[2]};
  for (int64_t k = z; k < z + part.length[2]; ++k) {
    for (int64_t j = y; j < y + part.length[1]; ++j, target += part.length[0]) {
      std::copy_n(cells.data() + (k * whole.length[1] + j) * whole.length[0] + x, part.length[0], target);
    }
  }
  return values;
}

// The encoder's, of the crop's part `box`; `hu`: the scan's, of the crop.
EncoderFeatures crop_features(std::vector<float> hu, const CellBox& box, const Lesion3dInference& network,
                              const EncodedLiver& encoded, Run& run) {
  map_to_network_values(hu);
  const CellBox& whole = encoded.crop->box();
  std::optional<EncoderFeatures> features = encoded.crop->take(encoded.arithmetic, hu);
  if (!features) {
    const StageTimer timer(run, "lesion_encoder");
    features = network.encode(hu, whole.length);
  }
  run.check_cancelled();
  return features->part({box.begin[0] - whole.begin[0], box.begin[1] - whole.begin[1], box.begin[2] - whole.begin[2]},
                        box.length);
}

// Of `box` in the crop.
std::vector<float> crop_probability(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                                    const CellGrid& grid, const CellBox& box, const Lesion3dInference& network,
                                    const EncodedLiver& encoded, Run& run) {
  std::vector<float> hu;
  Lesion3dCells shown;
  {
    const StageTimer timer(run, "lesion_input_3d");
    const CellBox& whole = encoded.crop->box();
    hu = sample_cells(source, grid, whole, run);
    shown = shown_cells(part_of_cells(hu, whole, box), liver, reference_hu, grid, box, run);
  }
  const EncoderFeatures features = crop_features(std::move(hu), box, network, encoded, run);
  const StageTimer timer(run, "lesion_network_3d");
  return network.locate(shown, run, &features);
}

void place(const std::vector<float>& part, const BoxWindow& window, const CellBox& box, std::vector<float>& whole) {
  const auto& [y, z] = window;
  const int64_t columns = box.length[0];
  for (int64_t slice = z.kept_begin; slice < z.kept_end; ++slice) {
    std::copy_n(part.data() + ((slice - z.begin) * y.length + y.kept_begin - y.begin) * columns,
                (y.kept_end - y.kept_begin) * columns,
                whole.data() + slice * box.plane_cells() + y.kept_begin * columns);
  }
}

// Of `whole`, in windows.
std::vector<float> box_probability(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                                   const CellGrid& grid, const CellBox& whole, const Lesion3dInference& network,
                                   Run& run) {
  check_size(whole);
  std::vector<float> probability(static_cast<size_t>(whole.cells()));
  // Of a liver one; the mask may be of the whole of a wide scan.
  const std::vector<BoxWindow> windows = box_windows(whole.length, kMostBoxCells);
  for (size_t i = 0; i < windows.size(); ++i) {
    run.check_cancelled();
    const auto& [y, z] = windows[i];
    const CellBox box = {{whole.begin[0], whole.begin[1] + y.begin, whole.begin[2] + z.begin},
                         {whole.length[0], y.length, z.length}};
    place(window_probability(source, liver, reference_hu, grid, box, network, run), windows[i], whole, probability);
    run.progress(static_cast<double>(i + 1) / static_cast<double>(windows.size()));
  }
  return probability;
}

bool has_same_encoder(const EncodedCrop* crop, const Lesion3dInference& network) {
  return crop != nullptr && !crop->encoder_id().empty() && crop->encoder_id() == network.encoder_id();
}

}  // namespace

LesionCells lesion_cells(const CanonicalSlices& source, const Mask& liver, float reference_hu,
                         const Lesion3dInference& network, const EncodedLiver& encoded, Run& run) {
  LesionCells cells;
  cells.grid = cell_grid(source.geometry(), network.cell_mm());
  const std::optional<BoundingBox> voxels = bounding_box(liver);
  if (!voxels) return cells;
  const std::optional<CellRange3> wanted = liver_cells(liver, *voxels, cells.grid, run);
  if (!wanted) return cells;
  if (has_same_encoder(encoded.crop, network) &&
      holds(encoded.crop->box(), *voxels, liver.geometry.spacing_mm, cells.grid)) {
    cells.box = box_within(encoded.crop->box(), *wanted);
    cells.probability = crop_probability(source, liver, reference_hu, cells.grid, cells.box, network, encoded, run);
    run.progress(1);
  } else {
    cells.box =
        cover_box(box_mm(wanted->begin, wanted->end, cells.grid.cell_mm), cells.grid, Lesion3dConfig::kMultiple);
    cells.probability = box_probability(source, liver, reference_hu, cells.grid, cells.box, network, run);
  }
  return cells;
}

}  // namespace hepatica
