// The in-plane grid of the network: pixels of one size for every scan. Pixel i covers [i p, (i + 1) p) mm from the
// outer edge of the source's first pixel, so a source of n pixels of s mm has ceil(n s / p) network pixels.
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.h"
#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

struct NetworkGrid {
  int64_t width = 0;
  int64_t height = 0;
  double spacing_mm = 0;

  int64_t pixels() const { return width * height; }
};

// Throws UNSUPPORTED_GEOMETRY where the grid would be empty or above 4096 pixels a side.
NetworkGrid network_grid(const Geometry& source, double spacing_mm);

// Weights along one axis: target i is the sum of weight[i * taps + t] * source[first[i] + t].
struct AxisWeights {
  int64_t taps = 0;
  std::vector<int64_t> first;
  std::vector<float> weight;

  int64_t size() const { return static_cast<int64_t>(first.size()); }
};

// Mean of the source over each network pixel, over the covered part of the last one.
AxisWeights area_weights(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm);
// Linear interpolation of the network grid at source pixel centres, clamped at the borders.
AxisWeights back_weights(int64_t source_size, double source_mm, int64_t grid_size, double grid_mm);

// The plane brought to the network grid, as floats; `source` has slice_pixels values.
class AreaResampler {
 public:
  AreaResampler(const Geometry& source, const NetworkGrid& grid);
  // value(pixel) gives the source pixel's value; used for bytes, and for "above a limit" of Hounsfield units.
  template <class Value>
  void resample(Value&& value, std::vector<float>& plane) const;

 private:
  int64_t source_width_;
  int64_t source_height_;
  AxisWeights columns_;
  AxisWeights rows_;
};

template <class Value>
void AreaResampler::resample(Value&& value, std::vector<float>& plane) const {
  const int64_t width = columns_.size();
  std::vector<float> source_row(static_cast<size_t>(source_width_));
  std::vector<float> rows(static_cast<size_t>(source_height_ * width));
  for (int64_t y = 0; y < source_height_; ++y) {
    for (int64_t x = 0; x < source_width_; ++x) source_row[x] = value(y * source_width_ + x);
    float* row = rows.data() + y * width;
    for (int64_t i = 0; i < width; ++i) {
      float sum = 0;
      const float* weight = columns_.weight.data() + i * columns_.taps;
      for (int64_t t = 0; t < columns_.taps; ++t) sum += weight[t] * source_row[columns_.first[i] + t];
      row[i] = sum;
    }
  }
  plane.assign(static_cast<size_t>(rows_.size() * width), 0.0F);
  for (int64_t j = 0; j < rows_.size(); ++j) {
    float* target = plane.data() + j * width;
    for (int64_t t = 0; t < rows_.taps; ++t) {
      const float weight = rows_.weight[j * rows_.taps + t];
      const float* row = rows.data() + (rows_.first[j] + t) * width;
      for (int64_t i = 0; i < width; ++i) target[i] += weight * row[i];
    }
  }
}

// All slices on the network grid, rounded to bytes: round(scale * mean). scale 1 for pictures; 255 for masks of 0 and 1
// (the share of the pixel that is inside). Order (z, y, x).
std::vector<uint8_t> resample_slices(const ByteVolume& source, const NetworkGrid& grid, float scale, Run& run);

}  // namespace hepatica
