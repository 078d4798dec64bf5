#include "segmentation/locate_structure.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "grid/sample_cells.h"
#include "ops/components.h"
#include "segmentation/z_windows.h"

namespace hepatica {
namespace {

// Scans of up to 2 m and 500 mm a side are seen at once; the widest levels hold 64 bytes a cell.
constexpr int64_t kMostCells = 2'000'000;
// 3 cubic metres on the locator's grid: no scanner's bore has more.
constexpr int64_t kMostScanCells = 16'000'000;

// A scan of a part of the body, which the fine network sees whole for what a liver costs it: a locator needs
// surroundings.
constexpr int64_t kMostWholeCells = 2'500'000;

std::optional<BoxMm> whole_body(const BodyFrame& body, const Geometry& source, const Vec3& cell_mm) {
  const CellGrid grid = cell_grid(source, cell_mm);
  const BoxMm box = box_of_body(body, grid.extent_mm);
  if (cover_box(box, grid, Encoder3dConfig::kMultiple).cells() > kMostWholeCells) return std::nullopt;
  return box;
}

// The scan on the locator's grid, before any memory is taken for it.
CellBox locator_cells(const CellGrid& grid) {
  const CellBox whole = whole_grid(grid, Locator3dConfig::kMultiple);
  check_cells(whole, kMostScanCells, "a scan");
  z_windows(whole.length, kMostCells);
  return whole;
}

// The window's part of `planes`, `channels` one after the other.
std::vector<float> window_of(const std::vector<float>& planes, int64_t channels, const Size3& lengths,
                             const ZWindow& window) {
  const int64_t plane = lengths[0] * lengths[1];
  std::vector<float> part(static_cast<size_t>(channels * window.length * plane));
  for (int64_t channel = 0; channel < channels; ++channel) {
    std::copy_n(planes.data() + (channel * lengths[2] + window.begin) * plane, window.length * plane,
                part.data() + channel * window.length * plane);
  }
  return part;
}

std::vector<float> located_cells(const std::vector<float>& channels, const Size3& lengths,
                                 const Encoder3dInference& network, Run& run) {
  const int64_t plane = lengths[0] * lengths[1];
  std::vector<float> probability(static_cast<size_t>(plane * lengths[2]));
  for (const ZWindow& window : z_windows(lengths, kMostCells)) {
    run.check_cancelled();
    const std::vector<float> part =
        network.locate(window_of(channels, 3, lengths, window), {lengths[0], lengths[1], window.length});
    std::copy_n(part.data() + (window.kept_begin - window.begin) * plane, (window.kept_end - window.kept_begin) * plane,
                probability.data() + window.kept_begin * plane);
  }
  return probability;
}

// Neighbouring cells of one row.
struct CellRun {
  int64_t z;
  int64_t y;
  int64_t begin;
  int64_t end;
};

// First slice and the one behind the last: all, or of as many as the longest structure has those where the sum of
// probabilities is highest.
std::pair<int64_t, int64_t> likeliest_slices(const std::vector<CellRun>& runs, const std::vector<float>& probability,
                                             const CellGrid& grid, const Size3& lengths) {
  const auto longest = static_cast<int64_t>(Locator3dConfig::kLongestMm / grid.cell_mm[2]);
  if (grid.size[2] <= longest) return {0, grid.size[2]};
  // Of the slices below each.
  std::vector<double> below(static_cast<size_t>(grid.size[2] + 1));
  for (const auto& [z, y, begin, end] : runs) {
    const float* const row = probability.data() + (z * lengths[1] + y) * lengths[0];
    below[z + 1] = std::accumulate(row + begin, row + end, below[z + 1]);
  }
  std::partial_sum(below.begin(), below.end(), below.begin());
  int64_t best = 0;
  for (int64_t z = 1; z + longest <= grid.size[2]; ++z) {
    if (below[z + longest] - below[z] > below[best + longest] - below[best]) best = z;
  }
  return {best, best + longest};
}

BoxMm box_of_slices(const std::vector<CellRun>& runs, std::pair<int64_t, int64_t> slices, const CellGrid& grid,
                    double margin_mm) {
  Size3 min = grid.size;
  Size3 end = {0, 0, 0};
  for (const CellRun& run : runs) {
    if (run.z < slices.first || run.z >= slices.second) continue;
    min = {std::min(min[0], run.begin), std::min(min[1], run.y), std::min(min[2], run.z)};
    end = {std::max(end[0], run.end), std::max(end[1], run.y + 1), std::max(end[2], run.z + 1)};
  }
  BoxMm box;
  for (int axis = 0; axis < 3; ++axis) {
    box.low[axis] = std::max(0.0, static_cast<double>(min[axis]) * grid.cell_mm[axis] - margin_mm);
    box.high[axis] = std::min(grid.extent_mm[axis], static_cast<double>(end[axis]) * grid.cell_mm[axis] + margin_mm);
  }
  return box;
}

}  // namespace

LocatedStructure locate_structure(const CanonicalSlices& source, const Locator3dConfig& config,
                                  const Encoder3dInference& network, Run& run) {
  const CellGrid grid = cell_grid(source.geometry(), Locator3dConfig::kCellMm);
  const CellBox whole = locator_cells(grid);
  LocatedStructure located;
  std::vector<float> channels;
  {
    const StageTimer timer(run, "locator_input");
    channels = sample_cells(source, grid, whole, run);
    located.body = find_body(channels, grid, whole.length, run);
    if ((located.box = whole_body(located.body, source.geometry(), network.cell_mm()))) return located;
    map_to_network_values(channels);
    const std::vector<float> places = body_coordinates(located.body, {0, 0, 0}, grid.cell_mm, whole.length);
    channels.insert(channels.end(), places.begin(), places.end());
  }
  const StageTimer timer(run, "locator");
  located.box = structure_box(located_cells(channels, whole.length, network, run), grid, whole.length, config);
  return located;
}

std::optional<BoxMm> structure_box(const std::vector<float>& probability, const CellGrid& grid, const Size3& lengths,
                                   const Locator3dConfig& config) {
  Mask above;
  above.geometry.size = grid.size;
  above.geometry.spacing_mm = grid.cell_mm;
  const auto threshold = static_cast<float>(config.threshold);
  for (int64_t z = 0; z < grid.size[2]; ++z) {
    for (int64_t y = 0; y < grid.size[1]; ++y) {
      const float* const row = probability.data() + (z * lengths[1] + y) * lengths[0];
      std::transform(row, row + grid.size[0], std::back_inserter(above.voxels),
                     [threshold](float p) { return static_cast<uint8_t>(p > threshold); });
    }
  }
  const ComponentMap map(above, Connectivity::kFaces);
  const double cell_ml = above.geometry.voxel_volume_ml();
  std::vector<CellRun> runs;
  const int64_t plane = grid.size[0] * grid.size[1];
  for (size_t index = 0; index < map.components().size(); ++index) {
    const auto cells = static_cast<double>(map.components()[index].voxels);
    if (cells < config.minimum_share * static_cast<double>(map.components()[0].voxels)) break;
    if (cells * cell_ml < config.minimum_ml) break;
    map.visit_runs(index, [&](int64_t begin, int64_t end) {
      const int64_t x = begin % grid.size[0];
      runs.push_back({begin / plane, begin / grid.size[0] % grid.size[1], x, x + end - begin});
    });
  }
  if (runs.empty()) return std::nullopt;
  return box_of_slices(runs, likeliest_slices(runs, probability, grid, lengths), grid, config.margin_mm);
}

BodyFrame locate_body(const CanonicalSlices& source, Run& run) {
  const StageTimer timer(run, "locator_input");
  const CellGrid grid = cell_grid(source.geometry(), Locator3dConfig::kCellMm);
  const CellBox whole = locator_cells(grid);
  return find_body(sample_cells(source, grid, whole, run), grid, whole.length, run);
}

}  // namespace hepatica
