#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "core/random.h"
#include "synthesis/ground.h"
#include "synthesis/stamp.h"

using namespace hepatica;

namespace {

constexpr double kNoiseHu = 12;

// A plain liver that fills its scan.
Ground plain_ground() {
  Volume volume;
  volume.geometry = {{72, 72, 8}, {1.5, 1.5, 5}, {0, 0, 0}};
  const auto voxels = static_cast<size_t>(volume.geometry.voxel_count());
  Random random(5, {});
  std::vector<float> hu(voxels);
  for (float& value : hu) value = static_cast<float>(100 + random.normal(kNoiseHu));
  volume.hu = std::move(hu);
  Run run;
  return survey_ground(volume, {volume.geometry, std::vector<uint8_t>(voxels, 1)}, nullptr, 5, run);
}

// Of means of 3x3 pixels, about 0.
double slow_variance(const Ground& ground, const std::vector<float>& hu) {
  double sum = 0;
  int count = 0;
  for (int64_t z = 0; z < ground.size[2]; ++z) {
    for (int64_t y = 1; y + 1 < ground.size[1]; ++y) {
      for (int64_t x = 1; x + 1 < ground.size[0]; ++x) {
        double mean = 0;
        for (int64_t v = y - 1; v <= y + 1; ++v) {
          for (int64_t u = x - 1; u <= x + 1; ++u) mean += static_cast<double>(hu[ground.index(u, v, z)]) / 9;
        }
        sum += mean * mean;
        ++count;
      }
    }
  }
  return sum / count;
}

}  // namespace

TEST_CASE("where a lesion comes the noise keeps its slow waves, which the survey takes for structures") {
  const Ground ground = plain_ground();
  FilledGround filled(ground);
  CHECK(filled.lost_noise_hu > 0.15 * kNoiseHu);
  Stamp stamp{{0, 0, 0}, ground.size, {}, {}};
  stamp.cover.assign(ground.hu.size(), 1);
  stamp.covered_hu.assign(ground.hu.size(), 0);
  apply_stamp(filled, stamp);
  std::vector<float> left = ground.hu;
  for (size_t i = 0; i < left.size(); ++i) left[i] -= ground.parenchyma[i] + ground.structure[i];
  const double whole = kNoiseHu * kNoiseHu / 9;
  CHECK(slow_variance(ground, left) < 0.85 * whole);
  CHECK(slow_variance(ground, filled.hu) == doctest::Approx(whole).epsilon(0.12));
}
