#include "synthesis/stamp.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "synthesis/smooth_noise.h"

namespace hepatica {
namespace {

// Samples across a thick slice: one for each of these.
constexpr double kSampleStepMm = 1;
constexpr int kMostSamples = 8;
// A vessel is spared down to this part of the lesion's radius, and fully so in the outermost part.
constexpr double kSparedDepth = 0.45;
constexpr double kSparedFullyDepth = 0.15;
// Of the noise that was taken for structure: about as wide as what ground.cpp's filter passes.
constexpr double kLostNoiseMm = 3;
// The standard deviation of smooth_noise.
constexpr double kSmoothNoiseDeviation = 0.34;

// The part of the candidate's box that lies in the ground's.
Stamp empty_stamp(const Ground& ground, const Candidate& candidate, double reach_mm) {
  Stamp stamp;
  const Vec3 half = candidate.shape.half_extent_mm();
  for (int axis = 0; axis < 3; ++axis) {
    const double voxels = (half[axis] + reach_mm) / ground.spacing_mm[axis] + 0.5;
    const auto first = static_cast<int64_t>(std::floor(candidate.centre[axis] - voxels));
    const auto last = static_cast<int64_t>(std::ceil(candidate.centre[axis] + voxels));
    stamp.origin[axis] = std::clamp<int64_t>(first, 0, ground.size[axis] - 1);
    stamp.size[axis] = std::clamp<int64_t>(last, 0, ground.size[axis] - 1) - stamp.origin[axis] + 1;
  }
  stamp.cover.assign(static_cast<size_t>(stamp.size[0] * stamp.size[1] * stamp.size[2]), 0);
  stamp.covered_hu.assign(stamp.cover.size(), 0);
  return stamp;
}

class Stamping {
 public:
  Stamping(const Ground& ground, const Candidate& candidate, double sigma_mm, bool spare_vessels)
      : ground_(ground),
        candidate_(candidate),
        sigma_mm_(sigma_mm),
        spare_vessels_(spare_vessels),
        samples_(std::clamp(static_cast<int>(std::lround(ground.spacing_mm[2] / kSampleStepMm)), 1, kMostSamples)),
        radius_mm_(candidate.shape.mean_radius_mm()) {}

  void fill_slice(Stamp& stamp, int64_t z) const {
    for (int64_t y = 0; y < stamp.size[1]; ++y) {
      for (int64_t x = 0; x < stamp.size[0]; ++x) {
        const int64_t at = ground_.index(x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]);
        if (!ground_.liver[at]) continue;
        const Vec3 offset = offset_mm(x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]);
        LesionSample sample = sample_voxel(offset);
        if (sample.cover <= 0) continue;
        const double kept = spare_vessels_ ? 1 - spared(at, offset) : 1;
        stamp.cover[stamp.index(x, y, z)] = static_cast<float>(kept * sample.cover);
        stamp.covered_hu[stamp.index(x, y, z)] = static_cast<float>(kept * sample.covered_hu);
      }
    }
  }

 private:
  Vec3 offset_mm(int64_t x, int64_t y, int64_t z) const {
    const Vec3& centre = candidate_.centre;
    return {(static_cast<double>(x) - centre[0]) * ground_.spacing_mm[0],
            (static_cast<double>(y) - centre[1]) * ground_.spacing_mm[1],
            (static_cast<double>(z) - centre[2]) * ground_.spacing_mm[2]};
  }

  LesionSample sample_voxel(const Vec3& offset) const {
    LesionSample sum;
    for (int i = 0; i < samples_; ++i) {
      const double part = (i + 0.5) / samples_ - 0.5;
      const Vec3 place = {offset[0], offset[1], offset[2] + part * ground_.spacing_mm[2]};
      const LesionSample sample = sample_lesion(candidate_.shape, candidate_.look, place, sigma_mm_);
      sum.cover += sample.cover / samples_;
      sum.covered_hu += sample.covered_hu / samples_;
    }
    return sum;
  }

  double spared(int64_t at, const Vec3& offset) const {
    if (ground_.vessel[at] == 0) return 0;
    const double depth = candidate_.shape.depth_mm(offset) / radius_mm_;
    const double outer = std::clamp((kSparedDepth - depth) / (kSparedDepth - kSparedFullyDepth), 0.0, 1.0);
    return outer * ground_.vessel[at] / 255.0;
  }

  const Ground& ground_;
  const Candidate& candidate_;
  double sigma_mm_;
  bool spare_vessels_;
  int samples_;
  double radius_mm_;
};

// Of the scan, whichever lesion lies there. Thick slices have it apart, thin ones share it, as they share their own.
double restored_noise_hu(const FilledGround& filled, const Size3& voxel) {
  Vec3 place;
  for (size_t axis = 0; axis < 3; ++axis) {
    place[axis] = static_cast<double>(voxel[axis]) * filled.ground.spacing_mm[axis] / kLostNoiseMm;
  }
  return filled.lost_noise_hu / kSmoothNoiseDeviation * smooth_noise(0, place);
}

}  // namespace

double in_plane_sigma_mm(const Ground& ground, double scanner_sigma_mm) {
  // A pixel's own square has the variance of 1/12 of its squared width.
  return std::sqrt(scanner_sigma_mm * scanner_sigma_mm + ground.spacing_mm[0] * ground.spacing_mm[1] / 12);
}

Stamp make_stamp(const Ground& ground, const Candidate& candidate, double sigma_mm, bool spare_vessels, Run& run) {
  Stamp stamp = empty_stamp(ground, candidate, lesion_reach_mm(candidate.look, sigma_mm));
  const Stamping stamping(ground, candidate, sigma_mm, spare_vessels);
  parallel_for(stamp.size[2], run, [&](int64_t z) { stamping.fill_slice(stamp, z); });
  return stamp;
}

void apply_stamp(FilledGround& filled, const Stamp& stamp) {
  const Ground& ground = filled.ground;
  for (int64_t z = 0; z < stamp.size[2]; ++z) {
    for (int64_t y = 0; y < stamp.size[1]; ++y) {
      for (int64_t x = 0; x < stamp.size[0]; ++x) {
        const int64_t from = stamp.index(x, y, z);
        if (stamp.cover[from] <= 0) continue;
        const Size3 in_box = {x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]};
        const int64_t to = ground.index(in_box[0], in_box[1], in_box[2]);
        const auto noise = static_cast<float>(restored_noise_hu(filled, in_box));
        const float own = ground.parenchyma[to] + ground.structure[to];
        filled.hu[to] += stamp.covered_hu[from] + stamp.cover[from] * (noise - own);
        filled.taken[to] = 1;
      }
    }
  }
}

}  // namespace hepatica
