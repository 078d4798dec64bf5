#include "training/tasks/lesions/liver_errors.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace hepatica;

namespace {

constexpr int64_t kSide = 64;

// A disc of 20 pixels in the middle.
std::vector<uint8_t> disc(double radius = 20) {
  std::vector<uint8_t> mask;
  for (int64_t i = 0; i < kSide * kSide; ++i) mask.push_back(std::hypot(i % kSide - 32, i / kSide - 32) <= radius);
  return mask;
}

}  // namespace

TEST_CASE("a wrong liver differs from the right one by three pixels of border at most, either way") {
  const std::vector<uint8_t> right = disc(), largest = disc(23.01), smallest = disc(16.99);
  int grown = 0, shrunk = 0;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed, {});
    std::vector<uint8_t> mask = right;
    LiverError(kSide, kSide, random).apply(mask);
    for (size_t i = 0; i < mask.size(); ++i) {
      CHECK(mask[i] <= largest[i]);
      CHECK(mask[i] >= smallest[i]);
    }
    const auto area = [](const std::vector<uint8_t>& m) { return std::accumulate(m.begin(), m.end(), 0); };
    grown += area(mask) > area(right);
    shrunk += area(mask) < area(right);
  }
  CHECK(grown > 50);
  CHECK(shrunk > 20);
}

TEST_CASE("nothing is made wrong where the border is outside the picture") {
  Random random(1, {});
  std::vector<uint8_t> all(kSide * kSide, 1);
  LiverError(kSide, kSide, random).apply(all);
  CHECK(all == std::vector<uint8_t>(kSide * kSide, 1));
}
