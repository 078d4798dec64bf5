#include "synthesis/smooth_noise.h"

#include <utility>

namespace hepatica {
namespace {

// SplitMix64's finalizer over the coordinates, folded in one after another.
uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

constexpr uint64_t kAlongX = 0x9e3779b97f4a7c15ULL;
constexpr uint64_t kAlongY = 0xd1b54a32d192ed03ULL;
constexpr uint64_t kAlongZ = 0x8cb92ba72f3d8dd7ULL;

double unit_value(uint64_t hash) { return static_cast<double>(mixed(hash) >> 11) * 0x1p-52 - 1; }

double quintic(double t) { return t * t * t * (t * (t * 6 - 15) + 10); }

// floor, without the call of it.
int64_t below(double value) {
  const auto towards_zero = static_cast<int64_t>(value);
  return towards_zero - (static_cast<double>(towards_zero) > value ? 1 : 0);
}

double between(double a, double b, double t) { return a + t * (b - a); }

}  // namespace

double smooth_noise(uint64_t seed, const Vec3& place) {
  const int64_t x = below(place[0]);
  const int64_t y = below(place[1]);
  const int64_t z = below(place[2]);
  const double u = quintic(place[0] - static_cast<double>(x));
  const double v = quintic(place[1] - static_cast<double>(y));
  const double w = quintic(place[2] - static_cast<double>(z));
  // Neighbours share what their coordinates have in common.
  const uint64_t left = seed + static_cast<uint64_t>(x) * kAlongX;
  const uint64_t row = static_cast<uint64_t>(y) * kAlongY;
  const uint64_t slice = static_cast<uint64_t>(z) * kAlongZ;
  const uint64_t at_left = mixed(left) + row;
  const uint64_t at_right = mixed(left + kAlongX) + row;
  const auto face = [&](uint64_t below_left, uint64_t below_right) {
    const uint64_t l = mixed(below_left) + slice;
    const uint64_t r = mixed(below_right) + slice;
    return std::pair(between(unit_value(l), unit_value(r), u),
                     between(unit_value(l + kAlongZ), unit_value(r + kAlongZ), u));
  };
  const auto [front, front_above] = face(at_left, at_right);
  const auto [back, back_above] = face(at_left + kAlongY, at_right + kAlongY);
  return between(between(front, back, v), between(front_above, back_above, v), w);
}

}  // namespace hepatica
