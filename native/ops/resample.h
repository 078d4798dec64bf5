// Resampling of planes along x and y between grids that share their outer corner: with `ratio` source pixels in a
// target pixel, target pixel i covers [i * ratio, (i + 1) * ratio) of the source, and its centre lies at source
// coordinate (i + 0.5) * ratio - 0.5 (pixel centres at integers).
#pragma once

#include <cstdint>
#include <vector>

namespace hepatica {

// One axis: target sample i is the sum of weights[weight_begin[i] + k] * source[first[i] + k].
struct ResampleAxis {
  int64_t source_size = 0;
  int64_t target_size = 0;
  std::vector<int32_t> first;
  // target_size + 1 entries.
  std::vector<int32_t> weight_begin;
  std::vector<float> weights;
};

// Pixels of `target_spacing` that cover `source_size` pixels of `source_spacing`, the last one perhaps in part: 256
// pixels of 0.7 mm are covered by 120 of 1.5 mm.
int64_t covering_size(int64_t source_size, double source_spacing, double target_spacing);

// Means over the covered part of each target pixel: for shrinking.
ResampleAxis area_axis(int64_t source_size, int64_t target_size, double ratio);

// Linear between the two nearest source centres, clamped at the ends: for enlarging.
ResampleAxis bilinear_axis(int64_t source_size, int64_t target_size, double ratio);

// The target samples from `begin` on, `count` of them or as many as there are.
ResampleAxis axis_part(const ResampleAxis& axis, int64_t begin, int64_t count);

// Sums are made along x first, then along y, in float32 and in the order of the source's indices: the same result
// everywhere.
void resample_plane(const uint8_t* source, const ResampleAxis& x, const ResampleAxis& y, float* target);
void resample_plane(const float* source, const ResampleAxis& x, const ResampleAxis& y, float* target);

// 1 where the resampled value is above the threshold, else 0.
void threshold_plane(const float* source, const ResampleAxis& x, const ResampleAxis& y, float threshold,
                     uint8_t* target);

}  // namespace hepatica
