#include "synthesis/arterial_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/parallel.h"
#include "core/random.h"
#include "registration/linear_sampler.h"
#include "synthesis/aorta_voxels.h"
#include "synthesis/blur.h"
#include "synthesis/stamp.h"

namespace hepatica {
namespace {

// The first part of a random number's place; placing.cpp has those before.
enum Draw : uint64_t { kDrawArterialLiver = 16, kDrawArterialLesion, kDrawNoise };

// As wide as what the ground calls a structure.
constexpr double kBlurMm = 1.2;
// Of the noise within a slice.
constexpr double kNoiseGrainMm = 0.7;
constexpr double kSampleStepMm = 1;
constexpr float kAirHu = -1000;
// What varies in the parenchyma is fat for the most part, which takes up nothing.
constexpr double kUnevenness = 0.8;

std::vector<float>& floats(Volume& volume) { return std::get<std::vector<float>>(volume.hu); }

Mask whole_liver(const Ground& ground, const Geometry& geometry) {
  Mask liver{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  for (int64_t z = 0; z < ground.size[2]; ++z) {
    for (int64_t y = 0; y < ground.size[1]; ++y) {
      const auto from = ground.liver.begin() + ground.index(0, y, z);
      std::copy(from, from + ground.size[0], liver.voxels.begin() + ground.full_index(0, y, z, geometry.size));
    }
  }
  return liver;
}

Geometry with_slices(Geometry geometry, double slice_mm) {
  if (slice_mm <= 0) return geometry;
  const double height_mm = static_cast<double>(geometry.size[2] - 1) * geometry.spacing_mm[2];
  geometry.size[2] = std::max<int64_t>(1, static_cast<int64_t>(height_mm / slice_mm + 1e-6) + 1);
  geometry.spacing_mm[2] = slice_mm;
  return geometry;
}

}  // namespace

ArterialComposition::ArterialComposition(const Volume& hu, const Ground& ground, const SyntheticLesionOptions& options,
                                         double sigma_mm, Run& run)
    : source_(hu), ground_(ground), options_(options), sigma_mm_(sigma_mm) {
  Random random(options.seed, {kDrawArterialLiver});
  liver_ = draw_arterial_liver(ground.liver_hu, random);
  vein_share_ = (liver_.vein_hu - liver_.liver_hu) / (ground.blood_hu - ground.liver_hu);
  blur(run);
  change_liver(run);
  change_aorta(run);
}

void ArterialComposition::blur(Run& run) {
  const Geometry& geometry = source_.geometry;
  picture_ = {geometry, std::vector<float>(static_cast<size_t>(geometry.voxel_count()))};
  const PlaneBlur blur(geometry.size, geometry.spacing_mm, kBlurMm);
  const int64_t pixels = geometry.slice_pixels();
  parallel_for(geometry.size[2], run, [&](int64_t z) {
    std::vector<float> plane(static_cast<size_t>(pixels));
    std::visit(
        [&](const auto& hu) {
          for (int64_t i = 0; i < pixels; ++i) {
            const auto value = static_cast<float>(hu[z * pixels + i]);
            // Beyond the picture is air, which the blur counts as 0.
            plane[i] = (std::isfinite(value) ? value : kAirHu) - kAirHu;
          }
        },
        source_.hu);
    blur.apply(plane);
    std::transform(plane.begin(), plane.end(), floats(picture_).begin() + z * pixels,
                   [](float value) { return value + kAirHu; });
  });
}

float ArterialComposition::own_hu(int64_t at) const {
  const double uneven = kUnevenness * (static_cast<double>(ground_.parenchyma[at]) - ground_.liver_hu);
  const auto structure = static_cast<double>(ground_.structure[at]);
  return static_cast<float>(liver_.liver_hu + uneven + (structure > 0 ? vein_share_ * structure : structure));
}

// As much of the change as of the voxel is liver.
void ArterialComposition::change_liver(Run& run) {
  const PlaneBlur blur(ground_.size, ground_.spacing_mm, kBlurMm);
  const int64_t pixels = ground_.size[0] * ground_.size[1];
  parallel_for(ground_.size[2], run, [&](int64_t z) {
    std::vector<float> cover(static_cast<size_t>(pixels));
    for (int64_t i = 0; i < pixels; ++i) cover[i] = ground_.liver[z * pixels + i] ? 1.0F : 0.0F;
    blur.apply(cover);
    for (int64_t i = 0; i < pixels; ++i) {
      if (cover[i] <= 0) continue;
      const int64_t at = z * pixels + i;
      const float was = ground_.parenchyma[at] + ground_.structure[at];
      const int64_t full = ground_.full_index(i % ground_.size[0], i / ground_.size[0], z, picture_.geometry.size);
      floats(picture_)[full] += std::min(cover[i], 1.0F) * (own_hu(at) - was);
    }
  });
}

void ArterialComposition::change_aorta(Run& run) {
  const AortaVoxels aorta = aorta_voxels(source_, whole_liver(ground_, source_.geometry), run);
  has_aorta_ = !aorta.cover.empty();
  const auto change = static_cast<float>(liver_.aorta_hu - aorta.median_hu);
  for (size_t i = 0; i < aorta.cover.size(); ++i) floats(picture_)[i] += aorta.cover[i] * change;
}

ArterialLesion ArterialComposition::add(int number, const PlacedLesion& placed, LesionType type, Run& run) {
  Random random(options_.seed, {kDrawArterialLesion, static_cast<uint64_t>(number)});
  Candidate candidate = placed.candidate;
  candidate.look = arterial_look(type, placed.candidate.look, liver_, random);
  const Stamp stamp = make_stamp(ground_, candidate, sigma_mm_, options_.spare_vessels, run);
  double sum = 0;
  int64_t voxels = 0;
  for (int64_t z = 0; z < stamp.size[2]; ++z) {
    for (int64_t y = 0; y < stamp.size[1]; ++y) {
      for (int64_t x = 0; x < stamp.size[0]; ++x) {
        const int64_t from = stamp.index(x, y, z);
        if (stamp.cover[from] <= 0) continue;
        const Size3 in_box = {x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]};
        const int64_t full = ground_.full_index(in_box[0], in_box[1], in_box[2], picture_.geometry.size);
        float& hu = floats(picture_)[full];
        hu += stamp.covered_hu[from] - stamp.cover[from] * own_hu(ground_.index(in_box[0], in_box[1], in_box[2]));
        if (stamp.cover[from] < kLabelCover) continue;
        sum += static_cast<double>(hu);
        ++voxels;
      }
    }
  }
  return {candidate.look.body_hu, sum / static_cast<double>(voxels), std::move(candidate.look.signs)};
}

RigidMotion ArterialComposition::motion() const {
  Vec3 middle;
  for (int axis = 0; axis < 3; ++axis) {
    middle[axis] = static_cast<double>(ground_.box.min[axis] + ground_.box.max[axis]) / 2;
  }
  return {options_.arterial->angles, options_.arterial->shift_mm, picture_.geometry.position_mm(middle)};
}

void ArterialComposition::add_noise(int64_t z, double sigma_hu, std::vector<float>& plane,
                                    const Geometry& geometry) const {
  Random random(options_.seed, {kDrawNoise, static_cast<uint64_t>(z)});
  std::vector<float> noise(plane.size());
  for (float& value : noise) value = static_cast<float>(random.normal(1));
  PlaneBlur(geometry.size, geometry.spacing_mm, kNoiseGrainMm).apply(noise);
  double squares = 0;
  for (const float value : noise) squares += static_cast<double>(value) * static_cast<double>(value);
  const auto share = static_cast<float>(sigma_hu / std::sqrt(squares / static_cast<double>(noise.size())));
  for (size_t i = 0; i < plane.size(); ++i) plane[i] += share * noise[i];
}

SyntheticArterialScan ArterialComposition::scan(Run& run) {
  Random random(options_.seed, {kDrawArterialLiver, 1});
  const double noise_hu = ground_.noise_hu * random.uniform(1, 1.3);
  SyntheticArterialScan scan;
  scan.motion = motion();
  scan.liver_hu = liver_.liver_hu;
  if (has_aorta_) scan.aorta_hu = liver_.aorta_hu;
  const Geometry geometry = with_slices(source_.geometry, options_.arterial->slice_mm);
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  const RigidMap map(scan.motion);
  const LinearSampler sampler(picture_);
  const float darkest = *std::min_element(floats(picture_).begin(), floats(picture_).end());
  const int samples = options_.arterial->slice_mm > source_.geometry.spacing_mm[2]
                          ? std::max(1, static_cast<int>(std::lround(geometry.spacing_mm[2] / kSampleStepMm)))
                          : 1;
  parallel_for(geometry.size[2], run, [&](int64_t z) {
    std::vector<float> plane(static_cast<size_t>(geometry.slice_pixels()));
    for (size_t i = 0; i < plane.size(); ++i) {
      const auto x = static_cast<double>(static_cast<int64_t>(i) % geometry.size[0]);
      const auto y = static_cast<double>(static_cast<int64_t>(i) / geometry.size[0]);
      double sum = 0;
      for (int k = 0; k < samples; ++k) {
        const Vec3 index = {x, y, static_cast<double>(z) + (k + 0.5) / samples - 0.5};
        const auto shown = sampler.at(map.apply_inverse(geometry.position_mm(index)));
        sum += shown.value_or(static_cast<double>(darkest));
      }
      plane[i] = static_cast<float>(sum / samples);
    }
    add_noise(z, noise_hu, plane, geometry);
    std::transform(plane.begin(), plane.end(), hu.begin() + z * geometry.slice_pixels(), [](float value) {
      return static_cast<int16_t>(std::lround(std::clamp(value, -32768.0F, 32767.0F)));
    });
  });
  scan.volume = {geometry, std::move(hu)};
  return scan;
}

}  // namespace hepatica
