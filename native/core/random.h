// Random numbers that belong to a place in the run (seed, epoch, step, item) and not to a running state: what an item
// draws depends neither on threads nor on where a run was resumed.
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>

namespace hepatica {

class Random {
 public:
  Random(uint64_t seed, std::initializer_list<uint64_t> place) : state_(mix(seed)) {
    for (const uint64_t part : place) state_ = mix(state_ ^ mix(part));
  }

  // SplitMix64 (Steele, Lea and Flood 2014).
  uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

  // [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }

  // [0, count)
  int64_t below(int64_t count) { return static_cast<int64_t>(uniform() * static_cast<double>(count)); }

  // Box and Muller 1958.
  double normal(double sigma) {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return sigma * radius * std::cos(2 * std::numbers::pi * uniform());
  }

  int poisson(double mean) {
    const double limit = std::exp(-mean);
    double product = uniform();
    int count = 0;
    for (; product > limit; product *= uniform()) ++count;
    return count;
  }

 private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace hepatica
