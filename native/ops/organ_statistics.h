// An organ's mask measured against the body that it lies in: enough to see that it is not that organ.
#pragma once

#include "core/volume.h"
#include "ops/body_statistics.h"

namespace hepatica {

// All 0 where the mask is empty. "First" and "last" are the slices nearest to the feet and to the head.
struct OrganStatistics {
  double volume_ml = 0;
  // Of the box along x, y and z of the patient.
  Vec3 extent_mm = {0, 0, 0};
  // The area in the volume's first and last slice; both 0 where the organ ends before. The largest area of a slice.
  double first_slice_mm2 = 0;
  double last_slice_mm2 = 0;
  double largest_slice_mm2 = 0;
  // Of its slices: in how many it touches the border of the picture.
  double at_border = 0;
  // Median, and interquartile range / 1.349 (the standard deviation of a normal distribution), of every fourth voxel.
  double median_hu = 0;
  double spread_hu = 0;
  // Median over its slices of its area relative to the body's, and of the share of directions in which bone surrounds
  // the body.
  double of_body = 0;
  double shell_share = 0;
  // The organ's centre relative to the body's, in its slices, to the patient's left; that of the bones, to the back.
  double to_left_mm = 0;
  double bones_to_back_mm = 0;
  // Air within the body from 60 mm below the organ's top to the volume's last slice, and from the first slice to 60 mm
  // above the organ's bottom.
  double air_above_ml = 0;
  double air_below_ml = 0;
};

// `organ` lies on the grid of `volume`; `coarse_organ` is the same, subsampled and canonical, on the grid that `body`
// was measured on.
OrganStatistics organ_statistics(const Volume& volume, const Mask& organ, const Mask& coarse_organ,
                                 const BodyStatistics& body);

}  // namespace hepatica
