#include "training/tasks/structure/prior_store.h"

#include <algorithm>
#include <cmath>

#include "core/random.h"

namespace hepatica {

PriorStore::PriorStore(std::span<const GridScan> scans, int levels, double stride_mm, uint64_t seed) : levels_(levels) {
  for (size_t i = 0; i < scans.size(); ++i) {
    const NetworkInput& input = scans[i].input;
    const auto stride = std::max<int64_t>(1, std::llround(stride_mm / input.slice_spacing_mm));
    Random random(seed, {0x5354524944ULL, i});
    ScanMaps scan;
    scan.pixels = input.grid.pixels();
    const int64_t first = std::min(random.below(stride), input.slices - 1);
    for (int64_t z = first; z < input.slices; z += stride) scan.slices.push_back(z);
    scan.maps.assign(static_cast<size_t>(levels) * scan.slices.size() * static_cast<size_t>(scan.pixels), 0);
    scan.kept.assign(static_cast<size_t>(levels) * scan.slices.size(), 0);
    scans_.push_back(std::move(scan));
  }
}

size_t PriorStore::nearest_index(const ScanMaps& scan, int64_t z) {
  const auto above = std::lower_bound(scan.slices.begin(), scan.slices.end(), z);
  if (above == scan.slices.begin()) return 0;
  const auto below = above - 1;
  const bool take_above = above != scan.slices.end() && *above - z < z - *below;
  return static_cast<size_t>((take_above ? above : below) - scan.slices.begin());
}

const uint8_t* PriorStore::nearest(size_t scan_index, int level, int64_t z) const {
  const ScanMaps& scan = scans_[scan_index];
  const size_t entry = static_cast<size_t>(level) * scan.slices.size() + nearest_index(scan, z);
  return scan.kept[entry] ? scan.maps.data() + entry * static_cast<size_t>(scan.pixels) : nullptr;
}

uint8_t* PriorStore::keep(size_t scan_index, int level, int64_t z) {
  ScanMaps& scan = scans_[scan_index];
  const size_t entry = static_cast<size_t>(level) * scan.slices.size() + nearest_index(scan, z);
  scan.kept[entry] = 1;
  return scan.maps.data() + entry * static_cast<size_t>(scan.pixels);
}

}  // namespace hepatica
