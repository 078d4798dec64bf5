#include "training/synthetic_lesions/smooth_noise.h"

#include <cmath>

namespace hepatica {
namespace {

// SplitMix64's finalizer over the coordinates, folded in one after another.
uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

double lattice_value(uint64_t seed, int64_t x, int64_t y, int64_t z) {
  uint64_t hash = seed + static_cast<uint64_t>(x) * 0x9e3779b97f4a7c15ULL;
  hash = mixed(hash) + static_cast<uint64_t>(y) * 0xd1b54a32d192ed03ULL;
  hash = mixed(hash) + static_cast<uint64_t>(z) * 0x8cb92ba72f3d8dd7ULL;
  return static_cast<double>(mixed(hash) >> 11) * 0x1p-52 - 1;
}

double quintic(double t) { return t * t * t * (t * (t * 6 - 15) + 10); }

double between(double a, double b, double t) { return a + t * (b - a); }

}  // namespace

double smooth_noise(uint64_t seed, const Vec3& place) {
  const double x = std::floor(place[0]);
  const double y = std::floor(place[1]);
  const double z = std::floor(place[2]);
  const double u = quintic(place[0] - x);
  const double v = quintic(place[1] - y);
  const double w = quintic(place[2] - z);
  const auto i = static_cast<int64_t>(x);
  const auto j = static_cast<int64_t>(y);
  const auto k = static_cast<int64_t>(z);
  const auto edge = [&](int64_t dy, int64_t dz) {
    return between(lattice_value(seed, i, j + dy, k + dz), lattice_value(seed, i + 1, j + dy, k + dz), u);
  };
  return between(between(edge(0, 0), edge(1, 0), v), between(edge(0, 1), edge(1, 1), v), w);
}

}  // namespace hepatica
