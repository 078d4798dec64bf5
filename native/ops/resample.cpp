#include "ops/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "core/error.h"
#include "platform/cpu_clones.h"

namespace hepatica {
namespace {

// Spacings come with rounding errors: a grid that ends within this part of a pixel of another covers it.
constexpr double kCoverTolerance = 1e-6;

void check_axis(int64_t source_size, int64_t target_size, double ratio) {
  const int64_t largest = std::numeric_limits<int32_t>::max();
  if (source_size > 0 && target_size > 0 && source_size <= largest && target_size <= largest && ratio > 0 &&
      std::isfinite(ratio)) {
    return;
  }
  throw Error("INVALID_ARGUMENT",
              "Expected positive sizes and a positive ratio to resample, received " + std::to_string(source_size) +
                  " to " + std::to_string(target_size) + " pixels, ratio " + std::to_string(ratio),
              {}, "size", "Check the volume's size and spacing.");
}

void begin_sample(ResampleAxis& axis, int64_t first) {
  axis.first.push_back(static_cast<int32_t>(first));
  axis.weight_begin.push_back(static_cast<int32_t>(axis.weights.size()));
}

// Most rows of a mask or of a probability map are.
template <class Pixel>
bool is_empty(const Pixel* row, int64_t count) {
  return row[0] == 0 && std::memcmp(row, row + 1, static_cast<size_t>(count - 1) * sizeof(Pixel)) == 0;
}

template <class Pixel>
void resample_row(const Pixel* source, const ResampleAxis& axis, float* target) {
  for (int64_t i = 0; i < axis.target_size; ++i) {
    const Pixel* values = source + axis.first[i];
    float sum = 0;
    for (int32_t w = axis.weight_begin[i]; w < axis.weight_begin[i + 1]; ++w) {
      sum += axis.weights[w] * static_cast<float>(*values++);
    }
    target[i] = sum;
  }
}

HEPATICA_CPU_CLONES
void add_weighted(const float* __restrict row, float weight, int64_t count, float* __restrict sums) {
  for (int64_t i = 0; i < count; ++i) sums[i] += weight * row[i];
}

// Calls `finish(row index, sums)` for each row of the target.
template <class Pixel, class Finish>
void resample_rows(const Pixel* source, const ResampleAxis& x, const ResampleAxis& y, Finish&& finish) {
  std::vector<float> rows(static_cast<size_t>(y.source_size * x.target_size));
  // Only a part of the source's rows where the axis is a part.
  const int64_t end = y.first.back() + y.weight_begin[y.target_size] - y.weight_begin[y.target_size - 1];
  for (int64_t row = y.first.front(); row < end; ++row) {
    if (is_empty(source + row * x.source_size, x.source_size)) continue;
    resample_row(source + row * x.source_size, x, rows.data() + row * x.target_size);
  }
  std::vector<float> sums(static_cast<size_t>(x.target_size));
  for (int64_t i = 0; i < y.target_size; ++i) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    const float* row = rows.data() + y.first[i] * x.target_size;
    for (int32_t w = y.weight_begin[i]; w < y.weight_begin[i + 1]; ++w, row += x.target_size) {
      add_weighted(row, y.weights[w], x.target_size, sums.data());
    }
    finish(i, sums);
  }
}

template <class Pixel>
void resample_to_float(const Pixel* source, const ResampleAxis& x, const ResampleAxis& y, float* target) {
  resample_rows(source, x, y, [&](int64_t row, const std::vector<float>& sums) {
    std::copy(sums.begin(), sums.end(), target + row * x.target_size);
  });
}

}  // namespace

int64_t covering_size(int64_t source_size, double source_spacing, double target_spacing) {
  const double ratio = source_spacing / target_spacing;
  check_axis(source_size, 1, ratio);
  const double size = std::ceil(static_cast<double>(source_size) * ratio - kCoverTolerance);
  check_axis(source_size, static_cast<int64_t>(std::min(size, 1e12)), ratio);
  return static_cast<int64_t>(size);
}

ResampleAxis area_axis(int64_t source_size, int64_t target_size, double ratio) {
  check_axis(source_size, target_size, ratio);
  ResampleAxis axis{source_size, target_size, {}, {}, {}};
  const auto covered = [&](int64_t source, double begin, double end) {
    return std::max(0.0, std::min(end, static_cast<double>(source + 1)) - std::max(begin, static_cast<double>(source)));
  };
  for (int64_t i = 0; i < target_size; ++i) {
    const double begin = static_cast<double>(i) * ratio;
    const double end = static_cast<double>(i + 1) * ratio;
    const int64_t first = std::min(static_cast<int64_t>(begin), source_size - 1);
    const int64_t last = std::clamp(static_cast<int64_t>(std::ceil(end)) - 1, first, source_size - 1);
    begin_sample(axis, first);
    double total = 0;
    for (int64_t source = first; source <= last; ++source) total += covered(source, begin, end);
    for (int64_t source = first; source <= last; ++source) {
      // Target pixels beyond the source repeat its last pixel.
      axis.weights.push_back(total > 0 ? static_cast<float>(covered(source, begin, end) / total) : 1.0F);
      if (total <= 0) break;
    }
  }
  axis.weight_begin.push_back(static_cast<int32_t>(axis.weights.size()));
  return axis;
}

ResampleAxis bilinear_axis(int64_t source_size, int64_t target_size, double ratio) {
  check_axis(source_size, target_size, ratio);
  ResampleAxis axis{source_size, target_size, {}, {}, {}};
  for (int64_t i = 0; i < target_size; ++i) {
    const double position =
        std::clamp((static_cast<double>(i) + 0.5) * ratio - 0.5, 0.0, static_cast<double>(source_size - 1));
    const auto first = static_cast<int64_t>(position);
    const double fraction = position - static_cast<double>(first);
    begin_sample(axis, first);
    axis.weights.push_back(static_cast<float>(1 - fraction));
    if (fraction > 0) axis.weights.push_back(static_cast<float>(fraction));
  }
  axis.weight_begin.push_back(static_cast<int32_t>(axis.weights.size()));
  return axis;
}

ResampleAxis axis_part(const ResampleAxis& axis, int64_t begin, int64_t count) {
  const int64_t size = std::min(count, axis.target_size - begin);
  check_axis(axis.source_size, size, 1);
  ResampleAxis part{axis.source_size, size, {}, {}, {}};
  for (int64_t i = begin; i < begin + size; ++i) {
    begin_sample(part, axis.first[i]);
    part.weights.insert(part.weights.end(), axis.weights.begin() + axis.weight_begin[i],
                        axis.weights.begin() + axis.weight_begin[i + 1]);
  }
  part.weight_begin.push_back(static_cast<int32_t>(part.weights.size()));
  return part;
}

void resample_plane(const uint8_t* source, const ResampleAxis& x, const ResampleAxis& y, float* target) {
  resample_to_float(source, x, y, target);
}

void resample_plane(const float* source, const ResampleAxis& x, const ResampleAxis& y, float* target) {
  resample_to_float(source, x, y, target);
}

void threshold_plane(const float* source, const ResampleAxis& x, const ResampleAxis& y, float threshold,
                     uint8_t* target) {
  resample_rows(source, x, y, [&](int64_t row, const std::vector<float>& sums) {
    std::transform(sums.begin(), sums.end(), target + row * x.target_size,
                   [threshold](float sum) { return static_cast<uint8_t>(sum > threshold); });
  });
}

}  // namespace hepatica
