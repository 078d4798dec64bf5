#include "ops/distance_map.h"

#include <limits>

#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// The lower envelope of one line's parabolas, each over its own place.
class Envelope {
 public:
  Envelope(int64_t length, double spacing_mm)
      : length_(length),
        square_(spacing_mm * spacing_mm),
        line_(static_cast<size_t>(length)),
        lowest_(static_cast<size_t>(length)),
        from_(static_cast<size_t>(length) + 1) {}

  // Replaces the line's values by the least of value[q] + (spacing (i - q))² over its places q.
  void apply(float* values, int64_t step) {
    for (int64_t i = 0; i < length_; ++i) line_[i] = static_cast<double>(values[i * step]);
    const int64_t parabolas = build();
    if (parabolas == 0) return;
    for (int64_t i = 0, k = 0; i < length_; ++i) {
      while (k + 1 < parabolas && from_[k + 1] < static_cast<double>(i)) ++k;
      const auto offset = static_cast<double>(i - lowest_[k]);
      values[i * step] = static_cast<float>(line_[lowest_[k]] + square_ * offset * offset);
    }
  }

 private:
  int64_t build() {
    int64_t count = 0;
    for (int64_t q = 0; q < length_; ++q) {
      if (line_[q] == kInfinite) continue;
      double from = -kInfinite;
      while (count > 0 && (from = meeting(lowest_[count - 1], q)) <= from_[count - 1]) --count;
      lowest_[count] = q;
      from_[count] = count == 0 ? -kInfinite : from;
      ++count;
    }
    return count;
  }

  // Where the parabola over q, which lies right of p, becomes the lower one.
  double meeting(int64_t p, int64_t q) const {
    const auto a = static_cast<double>(p);
    const auto b = static_cast<double>(q);
    return ((line_[q] - line_[p]) / square_ + b * b - a * a) / (2 * (b - a));
  }

  int64_t length_;
  double square_;
  std::vector<double> line_;
  std::vector<int64_t> lowest_;
  std::vector<double> from_;
};

}  // namespace

std::vector<float> squared_distances(const std::vector<uint8_t>& set, const Size3& size, const Vec3& spacing_mm,
                                     Run& run) {
  std::vector<float> squares(set.size());
  for (size_t i = 0; i < set.size(); ++i) squares[i] = set[i] ? 0.0F : std::numeric_limits<float>::infinity();
  const auto [width, height, slices] = size;
  parallel_for(slices, run, [&](int64_t z) {
    float* slice = squares.data() + z * width * height;
    Envelope rows(width, spacing_mm[0]);
    for (int64_t y = 0; y < height; ++y) rows.apply(slice + y * width, 1);
    Envelope columns(height, spacing_mm[1]);
    for (int64_t x = 0; x < width; ++x) columns.apply(slice + x, width);
  });
  parallel_for(height, run, [&](int64_t y) {
    Envelope through(slices, spacing_mm[2]);
    for (int64_t x = 0; x < width; ++x) through.apply(squares.data() + y * width + x, width * height);
  });
  return squares;
}

}  // namespace hepatica
