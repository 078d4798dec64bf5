// Synthetic slices and masks, the same as test/fixtures/ops/make_goldens.py makes, and that script's results.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "../source_folder.h"
#include "core/volume.h"

namespace hepatica::test {

struct SliceSize {
  int64_t width;
  int64_t height;
};

inline constexpr std::array<SliceSize, 8> kSizes = {
    {{33, 17}, {1, 1}, {7, 1}, {64, 48}, {40, 24}, {100, 75}, {256, 256}, {512, 512}}};

// Numerical Recipes' congruential generator, upper half of the state.
class Noise {
 public:
  explicit Noise(uint32_t seed) : state_(seed) {}
  int next() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<int>(state_ >> 16);
  }

 private:
  uint32_t state_;
};

inline int synthetic_hu(const std::string& kind, SliceSize size, int64_t x, int64_t y, int noise) {
  if (kind == "noise") return noise % 901 - 300;
  if (kind == "constant") return 57;
  if (kind == "air") return -3024;
  const auto [w, h] = size;
  const int64_t dx = (2 * x - w + 1) * (2 * x - w + 1) * h * h;
  const int64_t dy = (2 * y - h + 1) * (2 * y - h + 1) * w * w;
  if (dx + dy > w * w * h * h) return -3024;
  if (4 * dx + 5 * dy < 4 * w * w * h * h) return static_cast<int>(40 + (x * 3 + y * 5) % 61 + noise % 33);
  return -1000 + noise % 9;
}

inline std::vector<int16_t> synthetic_slice(const std::string& kind, SliceSize size) {
  Noise noise(static_cast<uint32_t>(1 + size.width * 65536 + size.height));
  std::vector<int16_t> hu;
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      hu.push_back(static_cast<int16_t>(synthetic_hu(kind, size, x, y, noise.next())));
    }
  }
  return hu;
}

inline std::vector<uint8_t> random_mask(size_t count, int percent, uint32_t seed) {
  Noise noise(seed);
  std::vector<uint8_t> mask(count);
  for (uint8_t& voxel : mask) voxel = noise.next() % 100 < percent ? 1 : 0;
  return mask;
}

inline std::vector<uint8_t> synthetic_mask(const std::string& kind, SliceSize size) {
  if (kind == "body") {
    std::vector<uint8_t> mask;
    for (const int16_t hu : synthetic_slice(kind, size)) mask.push_back(hu > 60 ? 1 : 0);
    return mask;
  }
  const int percent = kind == "sparse" ? 10 : kind == "half" ? 50 : 85;
  return random_mask(static_cast<size_t>(size.width * size.height), percent,
                     static_cast<uint32_t>(7 + size.width * 65536 + size.height));
}

inline Geometry grid(int64_t x, int64_t y, int64_t z) {
  Geometry geometry;
  geometry.size = {x, y, z};
  return geometry;
}

inline uint64_t fnv1a(const std::vector<uint8_t>& bytes) {
  uint64_t value = 0xCBF29CE484222325U;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 0x100000001B3U;
  return value;
}

// The FNV-1a hash of the peer's result, by "operation kind width height".
inline uint64_t golden(const std::string& operation, const std::string& kind, SliceSize size) {
  std::ifstream file(in_source_folder("test/fixtures/ops/goldens.txt"));
  std::string found_operation, found_kind, hash;
  SliceSize found{};
  while (file >> found_operation >> found_kind >> found.width >> found.height >> hash) {
    if (found_operation == operation && found_kind == kind && found.width == size.width &&
        found.height == size.height) {
      return std::stoull(hash, nullptr, 16);
    }
  }
  FAIL("no golden for ", operation, " ", kind, " ", size.width, " x ", size.height);
  return 0;
}

}  // namespace hepatica::test
