// Connected components of a mask in 3-D, by union-find over runs of voxels along x: memory is 8 bytes a run (at most
// half as many runs as voxels), time linear.
#pragma once

#include <cstdint>
#include <vector>

#include "core/volume.h"
#include "ops/bounding_box.h"

namespace hepatica {

// Neighbours share a face (6), or a face, an edge or a corner (26).
enum class Connectivity { kFaces, kCorners };

struct Component {
  int64_t voxels = 0;
  BoundingBox box;
};

class ComponentMap {
 public:
  // Non-zero voxels are inside, whatever their value.
  ComponentMap(const Mask& mask, Connectivity connectivity);

  // Largest first; of equally large ones the first in memory order.
  const std::vector<Component>& components() const { return components_; }

  // A mask of 0 and 1 with the voxels of components()[index].
  Mask mask_of(size_t index) const;

  // Sets the voxels of components()[index] in `mask` (of the same size) to `value`.
  void paint(size_t index, uint8_t value, Mask& mask) const;

  // Calls visit(begin, end) for every run of voxels of components()[index], in memory order; `begin` and `end` count
  // voxels from the first of the volume.
  template <class Visit>
  void visit_runs(size_t index, Visit&& visit) const {
    const BoundingBox& box = components_.at(index).box;
    for (int64_t z = box.min[2]; z <= box.max[2]; ++z) {
      for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
        const int64_t row = z * geometry_.size[1] + y;
        const int64_t start = row * geometry_.size[0];
        for (uint32_t run = row_begin_[row]; run < row_begin_[row + 1]; ++run) {
          if (owners_[run] == index) visit(start + runs_[run].begin, start + runs_[run].end);
        }
      }
    }
  }

 private:
  struct RowRun {
    uint16_t begin;
    uint16_t end;
  };

  void find_runs(const Mask& mask);
  void unite_neighbours(Connectivity connectivity);
  void unite_rows(int64_t row, int64_t neighbour, int reach);
  void collect_components();
  void sort_by_size();

  Geometry geometry_;
  std::vector<RowRun> runs_;
  // Union-find parents while the map is built, then each run's component.
  std::vector<uint32_t> owners_;
  // Row r (z * size_y + y) holds the runs row_begin_[r] to row_begin_[r + 1].
  std::vector<uint32_t> row_begin_;
  std::vector<Component> components_;
};

// Hysteresis (Canny, IEEE TPAMI 1986; 8: 679): of the components of `levels`, which has 1 above the lower of two
// thresholds and kAboveBoth above both, the indices of those that hold at least `minimum_ml`, and a voxel, of the
// latter. In the components' order.
inline constexpr uint8_t kAboveBoth = 2;
std::vector<size_t> hysteresis(const ComponentMap& map, const Mask& levels, double minimum_ml);

// 0 and 1; empty where the mask is. Faces connect (scipy.ndimage.label's default), so that a bridge of voxels that
// merely touch at corners does not hold the spleen or the abdominal wall to the liver.
Mask largest_component(const Mask& mask);

}  // namespace hepatica
