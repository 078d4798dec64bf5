#include "ops/orient.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"

namespace hepatica {
namespace {

// Voxels apart in memory along each index axis.
Size3 strides_of(const Size3& size) { return {1, size[0], size[0] * size[1]}; }

// Calls move(canonical, source) for each pair of voxels.
template <class Move>
void for_each_voxel(const Size3& canonical, const Size3& source, const AxisOrder& order, Move&& move) {
  const Size3 source_strides = strides_of(source);
  Size3 step{};
  int64_t begin = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t stride = source_strides[order.source_axis[axis]];
    step[axis] = order.flipped[axis] ? -stride : stride;
    if (order.flipped[axis]) begin += (canonical[axis] - 1) * stride;
  }
  int64_t to = 0;
  for (int64_t z = 0; z < canonical[2]; ++z) {
    for (int64_t y = 0; y < canonical[1]; ++y) {
      int64_t from = begin + z * step[2] + y * step[1];
      for (int64_t x = 0; x < canonical[0]; ++x, from += step[0]) move(to++, from);
    }
  }
}

template <class Voxel>
std::vector<Voxel> reordered(const std::vector<Voxel>& voxels, const Geometry& source, const AxisOrder& order) {
  std::vector<Voxel> result(voxels.size());
  for_each_voxel(to_canonical(source, order).size, source.size, order,
                 [&](int64_t to, int64_t from) { result[to] = voxels[from]; });
  return result;
}

}  // namespace

bool AxisOrder::is_identity() const {
  return source_axis == std::array<int, 3>{0, 1, 2} && flipped == std::array<bool, 3>{false, false, false};
}

AxisOrder canonical_order(const Geometry& geometry, const std::string& field) {
  const std::array<int, 3> patient_axes = nearest_patient_axes(geometry.direction);
  if (patient_axes[2] != 2) {
    throw Error(
        "UNSUPPORTED_ORIENTATION",
        std::string("Expected axial slices, received ") + (patient_axes[2] == 0 ? "sagittal" : "coronal") + " ones", {},
        field, "Convert the volume to axial slices.");
  }
  AxisOrder order;
  for (int axis = 0; axis < 3; ++axis) {
    order.source_axis[patient_axes[axis]] = axis;
    order.flipped[patient_axes[axis]] = geometry.direction[3 * patient_axes[axis] + axis] < 0;
  }
  return order;
}

Geometry to_canonical(const Geometry& source, const AxisOrder& order) {
  Geometry canonical;
  Vec3 first{};
  for (int axis = 0; axis < 3; ++axis) {
    const int from = order.source_axis[axis];
    canonical.size[axis] = source.size[from];
    canonical.spacing_mm[axis] = source.spacing_mm[from];
    for (int row = 0; row < 3; ++row) {
      const double component = source.direction[3 * row + from];
      canonical.direction[3 * row + axis] = order.flipped[axis] ? -component : component;
    }
    if (order.flipped[axis]) first[from] = static_cast<double>(source.size[from] - 1);
  }
  canonical.origin_mm = source.position_mm(first);
  return canonical;
}

Volume to_canonical(Volume volume, const AxisOrder& order) {
  if (order.is_identity()) return volume;
  Volume canonical;
  canonical.geometry = to_canonical(volume.geometry, order);
  std::visit([&](const auto& hu) { canonical.hu = reordered(hu, volume.geometry, order); }, volume.hu);
  return canonical;
}

ByteVolume to_canonical(ByteVolume volume, const AxisOrder& order) {
  if (order.is_identity()) return volume;
  return {to_canonical(volume.geometry, order), reordered(volume.voxels, volume.geometry, order)};
}

ByteVolume from_canonical(ByteVolume volume, const AxisOrder& order, const Geometry& source) {
  if (order.is_identity()) return {source, std::move(volume.voxels)};
  std::vector<uint8_t> voxels(volume.voxels.size());
  for_each_voxel(volume.geometry.size, source.size, order,
                 [&](int64_t from, int64_t to) { voxels[to] = volume.voxels[from]; });
  return {source, std::move(voxels)};
}

}  // namespace hepatica
