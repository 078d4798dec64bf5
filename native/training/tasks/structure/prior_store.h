// The network's latest probability map of every slice trained on, by pass: the priors of auto-context training.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "training/tasks/structure/grid_scan.h"

namespace hepatica {

class PriorStore {
 public:
  // Slices of a scan lie `stride_mm` apart (0: every slice), the first one drawn by `seed`.
  PriorStore(std::span<const GridScan> scans, int levels, double stride_mm, uint64_t seed);

  // The slices of a scan that are trained on, ascending.
  const std::vector<int64_t>& slices(size_t scan) const { return scans_[scan].slices; }

  int levels() const { return levels_; }

  // The map, 0 to 255 on the network grid, of the trained slice nearest to z; null where none was kept yet.
  const uint8_t* nearest(size_t scan, int level, int64_t z) const;

  // Memory for the map of trained slice z, to be filled by the caller; counts as kept from now on.
  uint8_t* keep(size_t scan, int level, int64_t z);

  // For checkpoints: maps (level, slice, y, x) and whether each (level, slice) was kept.
  std::vector<uint8_t>& maps(size_t scan) { return scans_[scan].maps; }
  std::vector<uint8_t>& kept(size_t scan) { return scans_[scan].kept; }
  size_t scan_count() const { return scans_.size(); }

 private:
  struct ScanMaps {
    std::vector<int64_t> slices;
    int64_t pixels = 0;
    std::vector<uint8_t> maps;
    std::vector<uint8_t> kept;
  };

  static size_t nearest_index(const ScanMaps& scan, int64_t z);

  int levels_;
  std::vector<ScanMaps> scans_;
};

}  // namespace hepatica
