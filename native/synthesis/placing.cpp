#include "synthesis/placing.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/random.h"

namespace hepatica {
namespace {

// The first part of a random number's place.
enum Draw : uint64_t { kDrawLiver, kDrawLesion, kDrawCentre };

// Sigma of reconstructed CT within the slice, by the kernel (soft tissue kernels: 10 % of the MTF at 0.6 to 0.8 / mm).
constexpr double kLeastScannerSigmaMm = 0.7;
constexpr double kMostScannerSigmaMm = 1.2;

constexpr int kAttempts = 64;
constexpr int kAttemptsOfOneSize = 8;
constexpr double kShrinking = 0.85;
constexpr double kLeastDiameterMm = 4;
constexpr int kCentreDraws = 2000;
// At least so much of a lesion is inside the liver, and at most so much of it is vessel.
constexpr double kLeastInside = 0.75;
constexpr double kMostVessel = 0.3;

}  // namespace

std::vector<LesionType> draw_types(const SyntheticLesionOptions& options) {
  Random random(options.seed, {kDrawLiver, 1});
  const auto kinds = static_cast<int64_t>(options.types.size());
  const auto any_type = [&] { return options.types[static_cast<size_t>(random.below(kinds))]; };
  const LesionType main_type = any_type();
  const auto any_count = [&] {
    return options.min_count + static_cast<int>(random.below(options.max_count - options.min_count + 1));
  };
  const int one = any_count();
  const int other = any_count();
  // Metastases are often several, the others more often few.
  const int count = main_type == LesionType::kMetastasis ? std::max(one, other) : std::min(one, other);
  const bool mixed = random.uniform() < options.mixed_probability;
  std::vector<LesionType> types(static_cast<size_t>(count), main_type);
  if (mixed) {
    for (size_t i = 1; i < types.size(); ++i) types[i] = any_type();
  }
  return types;
}

Placing::Placing(const FilledGround& filled, const SyntheticLesionOptions& options)
    : ground_(filled.ground), taken_(filled.taken), options_(options) {
  Random random(options.seed, {kDrawLiver, 2});
  sigma_mm_ = in_plane_sigma_mm(ground_, random.uniform(kLeastScannerSigmaMm, kMostScannerSigmaMm));
  liver_look_ = draw_liver_look(options.phase, ground_.liver_hu, ground_.blood_hu, random);
}

// A disc of that diameter fills the allowed part of the largest slice.
double Placing::largest_diameter_mm() const {
  const int64_t area = *std::max_element(ground_.slice_area.begin(), ground_.slice_area.end());
  const double mm2 = static_cast<double>(area) * ground_.spacing_mm[0] * ground_.spacing_mm[1];
  return 2 * std::sqrt(options_.max_slice_fraction * mm2 / std::numbers::pi);
}

// The same lesion at every attempt, only smaller.
Candidate Placing::draw_candidate(int number, LesionType type, double shrinking) const {
  Random random(options_.seed, {kDrawLesion, static_cast<uint64_t>(number)});
  const LesionKind kind = lesion_kind(type);
  const double drawn = kind.min_diameter_mm * std::pow(kind.max_diameter_mm / kind.min_diameter_mm, random.uniform());
  const double diameter = std::min(drawn, 0.9 * largest_diameter_mm()) * shrinking;
  LesionShape shape(std::max(diameter, kLeastDiameterMm), kind.shape, random);
  LesionLook look = draw_look(type, liver_look_, shape, random);
  return {shape, std::move(look), {}};
}

std::optional<Vec3> Placing::draw_centre(int number, int attempt) const {
  Random random(options_.seed, {kDrawCentre, static_cast<uint64_t>(number), static_cast<uint64_t>(attempt)});
  for (int draw = 0; draw < kCentreDraws; ++draw) {
    Vec3 centre{};
    Size3 voxel{};
    for (int axis = 0; axis < 3; ++axis) {
      centre[axis] = random.uniform(-0.5, static_cast<double>(ground_.size[axis]) - 0.5);
      voxel[axis] = std::clamp<int64_t>(std::lround(centre[axis]), 0, ground_.size[axis] - 1);
    }
    const int64_t at = ground_.index(voxel[0], voxel[1], voxel[2]);
    if (ground_.liver[at] && !taken_[at]) return centre;
  }
  return std::nullopt;
}

// On every other voxel: most places are refused without the work of a stamp.
bool Placing::may_fit(const Candidate& candidate) const {
  const Vec3 half = candidate.shape.half_extent_mm();
  Size3 first{};
  Size3 last{};
  Size3 step{};
  for (int axis = 0; axis < 3; ++axis) {
    const double voxels = half[axis] / ground_.spacing_mm[axis];
    first[axis] = static_cast<int64_t>(std::ceil(candidate.centre[axis] - voxels));
    last[axis] = static_cast<int64_t>(std::floor(candidate.centre[axis] + voxels));
    step[axis] = voxels >= 4 ? 2 : 1;
  }
  int64_t all = 0;
  int64_t inside = 0;
  int64_t vessel = 0;
  for (int64_t z = first[2]; z <= last[2]; z += step[2]) {
    for (int64_t y = first[1]; y <= last[1]; y += step[1]) {
      for (int64_t x = first[0]; x <= last[0]; x += step[0]) {
        const Vec3 offset = {(static_cast<double>(x) - candidate.centre[0]) * ground_.spacing_mm[0],
                             (static_cast<double>(y) - candidate.centre[1]) * ground_.spacing_mm[1],
                             (static_cast<double>(z) - candidate.centre[2]) * ground_.spacing_mm[2]};
        if (!candidate.shape.contains(offset)) continue;
        ++all;
        const bool in_box =
            x >= 0 && y >= 0 && z >= 0 && x < ground_.size[0] && y < ground_.size[1] && z < ground_.size[2];
        if (!in_box || !ground_.liver[ground_.index(x, y, z)]) continue;
        if (taken_[ground_.index(x, y, z)]) return false;
        ++inside;
        vessel += ground_.vessel[ground_.index(x, y, z)] > 127;
      }
    }
  }
  return static_cast<double>(inside) >= kLeastInside * static_cast<double>(all) &&
         static_cast<double>(vessel) <= kMostVessel * static_cast<double>(inside);
}

bool Placing::fits(const Stamp& stamp) const {
  int64_t labelled = 0;
  for (int64_t z = 0; z < stamp.size[2]; ++z) {
    int64_t area = 0;
    for (int64_t y = 0; y < stamp.size[1]; ++y) {
      for (int64_t x = 0; x < stamp.size[0]; ++x) {
        const float cover = stamp.cover[stamp.index(x, y, z)];
        if (cover <= 0) continue;
        const int64_t at = ground_.index(x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]);
        if (taken_[at]) return false;
        area += cover >= kLabelCover;
      }
    }
    const int64_t liver = ground_.slice_area[z + stamp.origin[2]];
    if (static_cast<double>(area) > options_.max_slice_fraction * static_cast<double>(liver)) return false;
    labelled += area;
  }
  return labelled >= kLeastVoxels;
}

std::optional<PlacedLesion> Placing::place(int number, LesionType type, Run& run) const {
  double shrinking = 1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    run.check_cancelled();
    if (attempt > 0 && attempt % kAttemptsOfOneSize == 0) shrinking *= kShrinking;
    const auto centre = draw_centre(number, attempt);
    if (!centre) return std::nullopt;
    Candidate candidate = draw_candidate(number, type, shrinking);
    candidate.centre = *centre;
    if (!may_fit(candidate)) continue;
    Stamp stamp = make_stamp(ground_, candidate, sigma_mm_, options_.spare_vessels, run);
    if (fits(stamp)) return PlacedLesion{std::move(candidate), std::move(stamp)};
  }
  return std::nullopt;
}

}  // namespace hepatica
