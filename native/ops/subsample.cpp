#include "ops/subsample.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace hepatica {
namespace {

Geometry subsampled(const Geometry& geometry, const Stride3& stride) {
  Geometry coarse = geometry;
  for (int axis = 0; axis < 3; ++axis) {
    coarse.size[axis] = (geometry.size[axis] + stride[axis] - 1) / stride[axis];
    coarse.spacing_mm[axis] = geometry.spacing_mm[axis] * static_cast<double>(stride[axis]);
  }
  return coarse;
}

template <class Value>
std::vector<Value> picked(const std::vector<Value>& values, const Geometry& geometry, const Stride3& stride) {
  const Size3 size = subsampled(geometry, stride).size;
  std::vector<Value> coarse(static_cast<size_t>(size[0] * size[1] * size[2]));
  Value* to = coarse.data();
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      const Value* row = values.data() + (z * stride[2] * geometry.size[1] + y * stride[1]) * geometry.size[0];
      for (int64_t x = 0; x < size[0]; ++x) *to++ = row[x * stride[0]];
    }
  }
  return coarse;
}

}  // namespace

Stride3 strides_to(const Vec3& wanted_mm, const Geometry& geometry) {
  Stride3 stride{};
  for (int axis = 0; axis < 3; ++axis) {
    const auto steps = std::lround(std::min(wanted_mm[axis] / geometry.spacing_mm[axis], 65535.0));
    stride[axis] = std::clamp<int64_t>(steps, 1, std::max<int64_t>(1, geometry.size[axis]));
  }
  return stride;
}

Volume subsample(const Volume& volume, const Stride3& stride) {
  Volume coarse{subsampled(volume.geometry, stride), {}};
  std::visit([&](const auto& hu) { coarse.hu = picked(hu, volume.geometry, stride); }, volume.hu);
  return coarse;
}

ByteVolume subsample(const ByteVolume& volume, const Stride3& stride) {
  return {subsampled(volume.geometry, stride), picked(volume.voxels, volume.geometry, stride)};
}

}  // namespace hepatica
