// A part of a scan as a 3-D network sees it: turned, stretched and looked at as another scanner would.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/random.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica {

// Where a crop lies: its cells' places are axes * (place from its middle) + middle, in mm from the grid's corner.
struct CropPlace {
  Vec3 middle_mm = {0, 0, 0};
  Mat3 axes = kIdentity3;  // row-major
};

// Turned and stretched at random.
Mat3 random_axes(const VolumeAugmentation& augmentation, Random& random);

// Order (z, y, x) of `size` cells (x, y, z).
struct VolumeCrop {
  Size3 size = {0, 0, 0};
  std::vector<float> hu;  // clipped (grid/sample_cells.h); kLowestHu beyond the scan
  std::vector<uint8_t> classes;
};

VolumeCrop take_crop(const VolumeScan& scan, const CropPlace& place, const Size3& size);

// HU of another scanner, phase and slice thickness. What is saturated stays so.
void change_look(const VolumeAugmentation& augmentation, double slice_mm, Random& random, VolumeCrop& crop);

// Places of the coarser cells' centres in the body's box, channels x and y, order (channel, z, y, x), as
// body_coordinates gives them where nothing is turned. `moved_mm`: of the box's sides, x0, y0, x1, y1.
std::vector<float> crop_coordinates(const VolumeScan& scan, const CropPlace& place, const Size3& size,
                                    const Size3& context_cells, const std::array<double, 4>& moved_mm);

}  // namespace hepatica
