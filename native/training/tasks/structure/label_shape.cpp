#include "training/tasks/structure/label_shape.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ops/fill_holes.h"

namespace hepatica {
namespace {

constexpr double kLeftAsTheyAre = 0.95;
constexpr uint8_t kInside = 128;

Mask label_on_grid(const GridScan& scan) {
  Mask mask;
  mask.geometry.size = {scan.input.grid.width, scan.input.grid.height, scan.input.slices};
  mask.voxels.resize(scan.target.size());
  std::transform(scan.target.begin(), scan.target.end(), mask.voxels.begin(),
                 [](uint8_t covered) { return static_cast<uint8_t>(covered >= kInside); });
  return mask;
}

int64_t count(const Mask& mask) { return std::count(mask.voxels.begin(), mask.voxels.end(), 1); }

}  // namespace

Postprocessing postprocessing_of_labels(std::span<const GridScan> scans, Run& run) {
  double one_piece = 0, large_pieces = 0, without_holes = 0;
  for (const GridScan& scan : scans) {
    const Mask label = label_on_grid(scan);
    scan.release();
    // A structure thinner than the grid says nothing.
    const auto voxels = static_cast<double>(std::max<int64_t>(1, count(label)));
    const ComponentMap map(label, Connectivity::kFaces);
    const auto part = [&](KeptComponents components) {
      return static_cast<double>(count(keep_components(label, map, {components}))) / voxels;
    };
    const auto share = 1 / static_cast<double>(scans.size());
    one_piece += share * part(KeptComponents::kLargest);
    large_pieces += share * part(KeptComponents::kShare);
    without_holes += share * voxels / static_cast<double>(std::max<int64_t>(1, count(fill_holes(label, run))));
  }
  Postprocessing chosen;
  chosen.components = one_piece >= kLeftAsTheyAre      ? KeptComponents::kLargest
                      : large_pieces >= kLeftAsTheyAre ? KeptComponents::kShare
                                                       : KeptComponents::kAll;
  chosen.fill_holes = without_holes >= kLeftAsTheyAre;
  return chosen;
}

}  // namespace hepatica
