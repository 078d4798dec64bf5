#include "synthesis/synthetic_lesions.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/error.h"
#include "ops/orient.h"
#include "synthesis/arterial_scan.h"
#include "synthesis/ground.h"
#include "synthesis/placing.h"
#include "synthesis/stamp.h"

namespace hepatica {
namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& expected) {
  throw Error("INVALID_ARGUMENT", "Expected " + field + " to be " + expected, {}, field);
}

void check_options(const SyntheticLesionOptions& options) {
  if (options.types.empty()) refuse("types", "one lesion type at least");
  for (const LesionType type : options.types) {
    if (class_channel(type) < 0 || class_channel(type) >= kLesionTypes) refuse("types", "of CYS, ANG, HCC and MET");
  }
  if (options.min_count < 0 || options.max_count < options.min_count || options.max_count > 255) {
    refuse("count", "a range within 0 to 255, the lower number first");
  }
  if (!(options.mixed_probability >= 0 && options.mixed_probability <= 1)) {
    refuse("mixed_probability", "0 to 1");
  }
  if (!(options.margin_mm >= 0 && options.margin_mm <= 100)) refuse("margin_mm", "0 to 100 mm");
  if (!(options.max_slice_fraction > 0 && options.max_slice_fraction <= 1)) {
    refuse("max_slice_fraction", "above 0 and at most 1");
  }
  if (options.arterial && options.phase == ContrastPhase::kArterial) {
    refuse("phase", "portal venous where an arterial scan is made beside it");
  }
  if (options.arterial && !(options.arterial->slice_mm >= 0 && options.arterial->slice_mm <= 100)) {
    refuse("arterial_slice_mm", "0 to 100 mm");
  }
}

void check_voxels(const Volume& hu, const Mask& mask, const std::string& name) {
  const size_t voxels = std::visit([](const auto& values) { return values.size(); }, hu.hu);
  if (mask.geometry.size == hu.geometry.size && mask.voxels.size() == voxels) return;
  throw Error("GEOMETRY_MISMATCH", "The mask " + name + " has other voxels than the volume", {}, name,
              "Give a mask on the volume's own grid");
}

float rounded(float hu, float) { return hu; }
int16_t rounded(float hu, int16_t) {
  return static_cast<int16_t>(std::clamp(std::lround(hu), static_cast<long>(std::numeric_limits<int16_t>::min()),
                                         static_cast<long>(std::numeric_limits<int16_t>::max())));
}

// What has been put into the box, voxel by voxel of the stamp.
class Composition {
 public:
  Composition(const Volume& hu, FilledGround& filled) : filled_(filled), ground_(filled.ground) {
    result_.volume = hu;
    result_.types = {hu.geometry, std::vector<uint8_t>(static_cast<size_t>(hu.geometry.voxel_count()))};
    result_.ids = result_.types;
  }

  SyntheticLesion& add(const PlacedLesion& placed, LesionType type, ContrastPhase phase) {
    apply_stamp(filled_, placed.stamp);
    SyntheticLesion lesion;
    lesion.id = static_cast<int>(result_.lesions.size()) + 1;
    lesion.type = type;
    lesion.phase = phase;
    describe(placed, lesion);
    std::visit([&](auto& hu) { write(placed.stamp, hu, lesion); }, result_.volume.hu);
    lesion.volume_ml = static_cast<double>(lesion.voxels) * result_.volume.geometry.voxel_volume_ml();
    return result_.lesions.emplace_back(std::move(lesion));
  }

  SyntheticLesions take() { return std::move(result_); }

 private:
  void describe(const PlacedLesion& placed, SyntheticLesion& lesion) const {
    for (int axis = 0; axis < 3; ++axis) {
      lesion.centre[axis] = placed.candidate.centre[axis] + static_cast<double>(ground_.box.min[axis]);
    }
    lesion.centre_mm = result_.volume.geometry.position_mm(lesion.centre);
    lesion.semi_axes_mm = placed.candidate.shape.semi_axes_mm();
    lesion.body_hu = placed.candidate.look.body_hu;
    lesion.liver_hu = ground_.liver_hu;
    lesion.signs = placed.candidate.look.signs;
  }

  template <class Value>
  void write(const Stamp& stamp, std::vector<Value>& hu, SyntheticLesion& lesion) {
    double sum = 0;
    for (int64_t z = 0; z < stamp.size[2]; ++z) {
      for (int64_t y = 0; y < stamp.size[1]; ++y) {
        for (int64_t x = 0; x < stamp.size[0]; ++x) {
          const float cover = stamp.cover[stamp.index(x, y, z)];
          if (cover <= 0) continue;
          const Size3 at = {x + stamp.origin[0], y + stamp.origin[1], z + stamp.origin[2]};
          const int64_t full = ground_.full_index(at[0], at[1], at[2], result_.volume.geometry.size);
          hu[full] = rounded(filled_.hu[ground_.index(at[0], at[1], at[2])], Value{});
          if (cover < kLabelCover) continue;
          result_.types.voxels[full] = static_cast<uint8_t>(lesion.type);
          result_.ids.voxels[full] = static_cast<uint8_t>(lesion.id);
          sum += static_cast<double>(hu[full]);
          ++lesion.voxels;
        }
      }
    }
    lesion.mean_hu = sum / static_cast<double>(lesion.voxels);
  }

  FilledGround& filled_;
  const Ground& ground_;
  SyntheticLesions result_;
};

// Where a lesion of the fewest voxels is larger than this, few livers have room for one.
constexpr double kCoarseMm = 8;

// Why there was no room, where the voxels are the reason.
std::string coarseness(const Vec3& spacing_mm) {
  const double least_mm =
      std::cbrt(6 / std::numbers::pi * Placing::kLeastVoxels * spacing_mm[0] * spacing_mm[1] * spacing_mm[2]);
  if (least_mm < kCoarseMm) return {};
  char text[160];
  std::snprintf(
      text, sizeof(text),
      ": voxels of %.1f × %.1f × %.1f mm are coarse, and the smallest lesion, of %d of them, measures %.0f mm",
      spacing_mm[0], spacing_mm[1], spacing_mm[2], static_cast<int>(Placing::kLeastVoxels), least_mm);
  return text;
}

SyntheticLesions fill_ground(const Volume& hu, const Ground& ground, const SyntheticLesionOptions& options, Run& run) {
  FilledGround filled(ground);
  const std::vector<LesionType> types = draw_types(options);
  const Placing placing(filled, options);
  Composition composition(hu, filled);
  size_t placed_count = 0;
  std::optional<ArterialComposition> arterial;
  if (options.arterial) arterial.emplace(hu, ground, options, placing.sigma_mm(), run);
  const double placed_at = options.arterial ? 0.75 : 1;
  for (size_t i = 0; i < types.size(); ++i) {
    if (const auto placed = placing.place(static_cast<int>(i), types[i], run)) {
      SyntheticLesion& lesion = composition.add(*placed, types[i], options.phase);
      if (arterial) lesion.arterial = arterial->add(static_cast<int>(i), *placed, types[i], run);
      ++placed_count;
    }
    run.progress(0.5 + (placed_at - 0.5) * static_cast<double>(i + 1) / static_cast<double>(types.size()));
  }
  if (placed_count < types.size()) {
    run.warn("FEWER_LESIONS", "There was room for " + std::to_string(placed_count) + " of " +
                                  std::to_string(types.size()) + " lesions in this liver" +
                                  coarseness(hu.geometry.spacing_mm));
  }
  SyntheticLesions made = composition.take();
  if (arterial) made.arterial = arterial->scan(run);
  run.progress(1);
  return made;
}

}  // namespace

SyntheticLesions synthesize_lesions(const Volume& hu, const Mask& liver, const Mask* real_lesions,
                                    const SyntheticLesionOptions& options, Run& run) {
  check_options(options);
  // For its check alone: within a slice the axes may lie as they like.
  canonical_order(hu.geometry);
  check_voxels(hu, liver, "liver");
  if (real_lesions != nullptr) check_voxels(hu, *real_lesions, "real_lesions");
  const StageTimer timer(run, "synthesis");
  run.begin_stage("synthesizing", 0, 1);
  const Ground ground = survey_ground(hu, liver, real_lesions, options.margin_mm, run);
  run.progress(0.5);
  return fill_ground(hu, ground, options, run);
}

SyntheticLesions synthesize_lesions(const Volume& hu, const Ground& surveyed, const SyntheticLesionOptions& options,
                                    Run& run) {
  check_options(options);
  const StageTimer timer(run, "synthesis");
  run.begin_stage("synthesizing", 0, 1);
  return fill_ground(hu, surveyed, options, run);
}

}  // namespace hepatica
