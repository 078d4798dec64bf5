// The slices of a volume as they lie in canonical orientation (ops/orient.h), without a copy of the volume.
#pragma once

#include <cstdint>
#include <vector>

#include "core/volume.h"
#include "ops/orient.h"

namespace hepatica {

// The source outlives it.
class CanonicalSlices {
 public:
  // Throws UNSUPPORTED_ORIENTATION as canonical_order does.
  explicit CanonicalSlices(const Volume& source)
      : source_(source), order_(canonical_order(source.geometry)), geometry_(to_canonical(source.geometry, order_)) {}

  const Volume& source() const { return source_; }
  const AxisOrder& order() const { return order_; }
  const Geometry& geometry() const { return geometry_; }

  // Slice z of `voxels`, the source's: one that is there, or one made in `scratch`. On any thread.
  template <class Voxel>
  const Voxel* slice(const std::vector<Voxel>& voxels, int64_t z, std::vector<Voxel>& scratch) const {
    const int64_t there = order_.flipped[2] ? geometry_.size[2] - 1 - z : z;
    const Voxel* const slice = voxels.data() + there * geometry_.slice_pixels();
    if (order_.source_axis[0] == 0 && !order_.flipped[0] && !order_.flipped[1]) return slice;
    scratch.resize(static_cast<size_t>(geometry_.slice_pixels()));
    const int64_t x_stride = order_.source_axis[0] == 0 ? 1 : source_.geometry.size[0];
    const int64_t y_stride = order_.source_axis[1] == 1 ? source_.geometry.size[0] : 1;
    Voxel* target = scratch.data();
    for (int64_t y = 0; y < geometry_.size[1]; ++y) {
      const Voxel* const row = slice + (order_.flipped[1] ? geometry_.size[1] - 1 - y : y) * y_stride;
      for (int64_t x = 0; x < geometry_.size[0]; ++x) {
        *target++ = row[(order_.flipped[0] ? geometry_.size[0] - 1 - x : x) * x_stride];
      }
    }
    return scratch.data();
  }

 private:
  const Volume& source_;
  AxisOrder order_;
  Geometry geometry_;
};

}  // namespace hepatica
