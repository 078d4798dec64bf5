#include "training/tasks/volume/volume_crop.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "grid/sample_cells.h"

namespace hepatica {
namespace {

// Values from here on stand for air and for bone: means of saturated ones may be off the limits a little.
constexpr float kAirHu = kLowestHu + 2;
constexpr float kBoneHu = kHighestHu - 2;
// What contrast is changed about.
constexpr double kSoftTissueHu = 60;
constexpr double kThickSlicesMm[] = {5, 8};

Mat3 times(const Mat3& a, const Mat3& b) {
  Mat3 product{};
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      for (size_t k = 0; k < 3; ++k) product[row * 3 + column] += a[row * 3 + k] * b[k * 3 + column];
    }
  }
  return product;
}

// About axis 0, 1 or 2.
Mat3 rotation(size_t axis, double angle_rad) {
  const size_t u = (axis + 1) % 3;
  const size_t v = (axis + 2) % 3;
  Mat3 turned = kIdentity3;
  turned[u * 3 + u] = turned[v * 3 + v] = std::cos(angle_rad);
  turned[u * 3 + v] = -std::sin(angle_rad);
  turned[v * 3 + u] = std::sin(angle_rad);
  return turned;
}

Vec3 place_of(const CropPlace& place, const Vec3& offset_mm) {
  Vec3 at = place.middle_mm;
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) at[row] += place.axes[row * 3 + column] * offset_mm[column];
  }
  return at;
}

// Linear between the cells' centres, in cells; kLowestHu beyond them.
float sample_hu(const VolumeScan& scan, const Vec3& cell) {
  Size3 first{};
  std::array<float, 3> fraction{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const double floor = std::floor(cell[axis]);
    if (floor < -1 || floor >= static_cast<double>(scan.grid.size[axis])) return kLowestHu;
    first[axis] = static_cast<int64_t>(floor);
    fraction[axis] = static_cast<float>(cell[axis] - floor);
  }
  const Size3& size = scan.grid.size;
  const auto value = [&](int64_t x, int64_t y, int64_t z) {
    const bool inside = x >= 0 && y >= 0 && z >= 0 && x < size[0] && y < size[1] && z < size[2];
    return inside ? static_cast<float>(scan.hu[static_cast<size_t>((z * size[1] + y) * size[0] + x)]) : kLowestHu;
  };
  const auto line = [&](int64_t y, int64_t z) {
    const float left = value(first[0], y, z);
    return left + fraction[0] * (value(first[0] + 1, y, z) - left);
  };
  const auto plane = [&](int64_t z) {
    const float upper = line(first[1], z);
    return upper + fraction[1] * (line(first[1] + 1, z) - upper);
  };
  const float above = plane(first[2]);
  return above + fraction[2] * (plane(first[2] + 1) - above);
}

uint8_t sample_class(const VolumeScan& scan, const Vec3& cell) {
  Size3 nearest{};
  for (size_t axis = 0; axis < 3; ++axis) {
    nearest[axis] = static_cast<int64_t>(std::floor(cell[axis] + 0.5));
    if (nearest[axis] < 0 || nearest[axis] >= scan.grid.size[axis]) return 0;
  }
  return scan
      .classes[static_cast<size_t>((nearest[2] * scan.grid.size[1] + nearest[1]) * scan.grid.size[0] + nearest[0])];
}

// Slices of `thick_mm` and what is interpolated linearly between their middles, along z.
void thicken(double slice_mm, double thick_mm, VolumeCrop& crop) {
  const int64_t plane = crop.size[0] * crop.size[1];
  const auto slabs = static_cast<int64_t>(static_cast<double>(crop.size[2]) * slice_mm / thick_mm);
  if (slabs < 2) return;
  std::vector<float> means(static_cast<size_t>(slabs * plane), 0.0F);
  for (int64_t slab = 0; slab < slabs; ++slab) {
    const double begin = static_cast<double>(slab) * thick_mm / slice_mm;
    const double end = begin + thick_mm / slice_mm;
    for (auto z = static_cast<int64_t>(begin); z < crop.size[2] && static_cast<double>(z) < end; ++z) {
      const double covered = std::min(end, static_cast<double>(z + 1)) - std::max(begin, static_cast<double>(z));
      const auto weight = static_cast<float>(covered / (end - begin));
      const float* const slice = crop.hu.data() + z * plane;
      float* const mean = means.data() + slab * plane;
      for (int64_t i = 0; i < plane; ++i) mean[i] += weight * slice[i];
    }
  }
  for (int64_t z = 0; z < crop.size[2]; ++z) {
    const double middle = (static_cast<double>(z) + 0.5) * slice_mm / thick_mm - 0.5;
    const double at = std::clamp(middle, 0.0, static_cast<double>(slabs - 1));
    const auto first = std::min(static_cast<int64_t>(at), slabs - 2);
    const auto fraction = static_cast<float>(at - static_cast<double>(first));
    const float* const above = means.data() + first * plane;
    for (int64_t i = 0; i < plane; ++i) {
      crop.hu[static_cast<size_t>(z * plane + i)] = above[i] + fraction * (above[plane + i] - above[i]);
    }
  }
}

float coordinate(double at, double low, double high) {
  constexpr double kLeastSide = 30;
  return static_cast<float>(std::clamp(2 * (at - low) / std::max(kLeastSide, high - low) - 1, -1.5, 1.5));
}

}  // namespace

Mat3 random_axes(const VolumeAugmentation& a, Random& random) {
  constexpr double kRadians = std::numbers::pi / 180;
  Mat3 axes = rotation(0, random.normal(a.tilt_deg * kRadians));
  axes = times(axes, rotation(1, random.normal(a.tilt_deg * kRadians)));
  axes = times(axes, rotation(2, random.normal(a.rotation_deg * kRadians)));
  const double scale = random.normal(a.scale);
  Mat3 stretch{};
  for (size_t axis = 0; axis < 3; ++axis) stretch[axis * 4] = std::exp(scale + random.normal(a.stretch));
  return times(axes, stretch);
}

VolumeCrop take_crop(const VolumeScan& scan, const CropPlace& place, const Size3& size) {
  VolumeCrop crop;
  crop.size = size;
  crop.hu.reserve(static_cast<size_t>(size[0] * size[1] * size[2]));
  crop.classes.reserve(crop.hu.capacity());
  const Vec3& cell_mm = scan.grid.cell_mm;
  // In cells of the scan; cell i has its centre at i.
  const auto cell_at = [&](int64_t x, int64_t y, int64_t z) {
    const Size3 index = {x, y, z};
    Vec3 offset{};
    for (size_t axis = 0; axis < 3; ++axis) {
      offset[axis] = (static_cast<double>(index[axis]) + 0.5 - static_cast<double>(size[axis]) / 2) * cell_mm[axis];
    }
    Vec3 at = place_of(place, offset);
    for (size_t axis = 0; axis < 3; ++axis) at[axis] = at[axis] / cell_mm[axis] - 0.5;
    return at;
  };
  const Vec3 origin = cell_at(0, 0, 0);
  Vec3 step = cell_at(1, 0, 0);
  for (size_t axis = 0; axis < 3; ++axis) step[axis] -= origin[axis];
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      const Vec3 begin = cell_at(0, y, z);
      for (int64_t x = 0; x < size[0]; ++x) {
        Vec3 at = begin;
        for (size_t axis = 0; axis < 3; ++axis) at[axis] += static_cast<double>(x) * step[axis];
        crop.hu.push_back(sample_hu(scan, at));
        crop.classes.push_back(sample_class(scan, at));
      }
    }
  }
  return crop;
}

void change_look(const VolumeAugmentation& a, double slice_mm, Random& random, VolumeCrop& crop) {
  if (random.uniform() < a.thick_slices) thicken(slice_mm, kThickSlicesMm[random.below(2)], crop);
  const auto gain = static_cast<float>(std::exp(random.normal(a.contrast)));
  const auto offset = static_cast<float>(kSoftTissueHu + random.normal(a.offset_hu));
  const double sigma = random.uniform() < 0.5 ? std::abs(random.normal(a.noise_hu)) : 0;
  for (float& hu : crop.hu) {
    if (hu <= kAirHu || hu >= kBoneHu) continue;
    hu = (hu - static_cast<float>(kSoftTissueHu)) * gain + offset;
    if (sigma > 0) hu += static_cast<float>(random.normal(sigma));
    hu = std::clamp(hu, kLowestHu, kHighestHu);
  }
}

std::vector<float> crop_coordinates(const VolumeScan& scan, const CropPlace& place, const Size3& size,
                                    const Size3& context_cells, const std::array<double, 4>& moved_mm) {
  Size3 cells{};
  for (size_t axis = 0; axis < 3; ++axis) cells[axis] = size[axis] / context_cells[axis];
  const auto count = static_cast<size_t>(cells[0] * cells[1] * cells[2]);
  std::vector<float> channels(2 * count);
  size_t i = 0;
  for (int64_t z = 0; z < cells[2]; ++z) {
    for (int64_t y = 0; y < cells[1]; ++y) {
      for (int64_t x = 0; x < cells[0]; ++x, ++i) {
        const Size3 index = {x, y, z};
        Vec3 offset{};
        for (size_t axis = 0; axis < 3; ++axis) {
          const double middle = static_cast<double>(index[axis]) + 0.5 - static_cast<double>(cells[axis]) / 2;
          offset[axis] = middle * static_cast<double>(context_cells[axis]) * scan.grid.cell_mm[axis];
        }
        const Vec3 at = place_of(place, offset);
        const BodyFrame::Rectangle& box = scan.body.at(at[2]);
        channels[i] = coordinate(at[0], box.x0 + moved_mm[0], box.x1 + moved_mm[2]);
        channels[count + i] = coordinate(at[1], box.y0 + moved_mm[1], box.y1 + moved_mm[3]);
      }
    }
  }
  return channels;
}

}  // namespace hepatica
