#include "ops/value_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr int64_t kRowStep = 4;
// One for each value of 16 bits, -32768 first.
constexpr int kValues = 65536;
constexpr int kFirst = -32768;
// Slices are counted in as many parts at most, each with a histogram of its own.
constexpr int64_t kParts = 16;

using Histogram = std::vector<uint32_t>;

struct Part {
  Histogram histogram = Histogram(kValues);
  double minimum = std::numeric_limits<double>::infinity();
  double maximum = -std::numeric_limits<double>::infinity();
};

bool is_finite(int16_t) { return true; }
bool is_finite(float value) { return std::isfinite(value); }

int bin_of(int16_t value) { return value - kFirst; }
int bin_of(float value) { return static_cast<int>(std::lround(std::clamp(value, -32768.0F, 32767.0F))) - kFirst; }

template <class Hu>
void extend_limits(const Hu* values, int64_t count, Part& part) {
  Hu low = std::numeric_limits<Hu>::max();
  Hu high = std::numeric_limits<Hu>::lowest();
  for (int64_t i = 0; i < count; ++i) {
    const bool finite = is_finite(values[i]);
    low = finite && values[i] < low ? values[i] : low;
    high = finite && values[i] > high ? values[i] : high;
  }
  if (low > high) return;
  part.minimum = std::min(part.minimum, static_cast<double>(low));
  part.maximum = std::max(part.maximum, static_cast<double>(high));
}

template <class Hu>
void count_slice(const Hu* slice, int64_t width, int64_t height, Part& part) {
  extend_limits(slice, width * height, part);
  for (int64_t y = 0; y < height; y += kRowStep) {
    const Hu* row = slice + y * width;
    for (int64_t x = 0; x < width; ++x) {
      if (is_finite(row[x])) ++part.histogram[static_cast<size_t>(bin_of(row[x]))];
    }
  }
}

template <class Hu>
bool is_blank(const Hu* slice, int64_t pixels) {
  return std::all_of(slice, slice + pixels, [&](Hu value) { return value == slice[0] || !is_finite(value); });
}

// Shares of the voxels counted.
void summarize(const Part& all, ValueStatistics& statistics) {
  const Histogram& histogram = all.histogram;
  const auto counted = static_cast<double>(std::accumulate(histogram.begin(), histogram.end(), uint64_t{0}));
  if (counted == 0 || all.minimum > all.maximum) return;
  const auto share = [&](double low, double high) {
    const auto begin = histogram.begin() + bin_of(static_cast<float>(low));
    const auto end = histogram.begin() + bin_of(static_cast<float>(high)) + 1;
    return static_cast<double>(std::accumulate(begin, end, uint64_t{0})) / counted;
  };
  statistics.minimum = all.minimum;
  statistics.maximum = all.maximum;
  statistics.distinct = std::count_if(histogram.begin(), histogram.end(), [](uint32_t count) { return count > 0; });
  statistics.at_minimum = share(all.minimum, all.minimum);
  statistics.at_maximum = share(all.maximum, all.maximum);
  statistics.soft_tissue = share(-150, 250);
  statistics.dense = share(701, 32767);
}

}  // namespace

ValueStatistics value_statistics(const Volume& volume, Run& run) {
  const Geometry& geometry = volume.geometry;
  const int64_t slices = geometry.slice_count();
  const int64_t parts = std::min<int64_t>({kParts, slices, run.thread_count()});
  std::vector<uint8_t> blank(static_cast<size_t>(slices));
  Part all;
  std::mutex mutex;
  parallel_for(parts, run, [&](int64_t index) {
    Part part;
    std::visit(
        [&](const auto& hu) {
          for (int64_t z = slices * index / parts; z < slices * (index + 1) / parts; ++z) {
            const auto* slice = hu.data() + z * geometry.slice_pixels();
            count_slice(slice, geometry.size[0], geometry.size[1], part);
            blank[z] = is_blank(slice, geometry.slice_pixels()) ? 1 : 0;
          }
        },
        volume.hu);
    const std::lock_guard lock(mutex);
    all.minimum = std::min(all.minimum, part.minimum);
    all.maximum = std::max(all.maximum, part.maximum);
    std::transform(part.histogram.begin(), part.histogram.end(), all.histogram.begin(), all.histogram.begin(),
                   std::plus<>());
  });
  ValueStatistics statistics;
  summarize(all, statistics);
  for (int64_t z = 0; z < slices; ++z) {
    if (blank[z]) statistics.blank_slices.push_back(z);
  }
  return statistics;
}

}  // namespace hepatica
