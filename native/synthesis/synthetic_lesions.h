// Lesions of a known type, synthesized in a real liver: no public data gives lesion types, so the class channel learns
// from these (published practice: Hu et al., CVPR 2023, "Label-Free Liver Tumor Segmentation"). What is measured on
// them holds for synthetic lesions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/lesion.h"
#include "core/run.h"
#include "core/volume.h"
#include "registration/rigid_motion.h"

namespace hepatica {

struct Ground;

// How the lesions look; the liver itself stays as it was scanned. The arterial look in a portal venous scan is not
// validated: the liver's and the vessels' own enhancement would have to change with it.
enum class ContrastPhase : uint8_t { kPortalVenous, kArterial };

// The types that are told apart, in the order of the class channels.
inline constexpr std::array<LesionType, kLesionTypes> kClassifiedTypes = {LesionType::kCyst, LesionType::kHaemangioma,
                                                                          LesionType::kHcc, LesionType::kMetastasis};

// A second scan of the same liver and lesions, some 35 s after the injection, as it lies then.
struct ArterialScanOptions {
  // From the portal venous scan to it: a turn about the middle of the liver's box, radians, and a shift.
  Vec3 angles = {0, 0, 0};
  Vec3 shift_mm = {0, 0, 0};
  // Between slices, which are as thick; 0: as in the portal venous scan.
  double slice_mm = 0;
};

struct SyntheticLesionOptions {
  uint64_t seed = 0;
  // What may occur; drawn with equal chances.
  std::vector<LesionType> types = std::vector<LesionType>(kClassifiedTypes.begin(), kClassifiedTypes.end());
  // Lesions in the liver, 0 to 255. Where there is no room fewer are made, with the warning FEWER_LESIONS.
  int min_count = 1;
  int max_count = 6;
  // That a liver with several lesions holds more than one type.
  double mixed_probability = 0.25;
  ContrastPhase phase = ContrastPhase::kPortalVenous;
  // Kept free around real lesions: nothing is changed there.
  double margin_mm = 5;
  // Of the liver's area in a slice (paper, Materials and methods: lesions under 40 %), for each lesion.
  double max_slice_fraction = 0.4;
  // Bright vessels at a lesion's border are left as they are; those inside give way to it.
  bool spare_vessels = true;
  // None: no second scan. What it draws changes nothing in the first.
  std::optional<ArterialScanOptions> arterial;
};

// Of a lesion in the arterial scan.
struct ArterialLesion {
  double body_hu = 0;
  // Without the scan's noise and as the first scan lies.
  double mean_hu = 0;
  std::vector<std::string> signs;
};

struct SyntheticLesion {
  // From 1: its value in `ids`.
  int id = 0;
  LesionType type = LesionType::kUnknown;
  ContrastPhase phase = ContrastPhase::kPortalVenous;
  // Of the whole ellipsoid, also where the liver's border cuts it: voxel (x, y, z), and mm, LPS.
  Vec3 centre = {0, 0, 0};
  Vec3 centre_mm = {0, 0, 0};
  // Before deformation, longest first.
  Vec3 semi_axes_mm = {0, 0, 0};
  // Of the voxels that carry its id.
  int64_t voxels = 0;
  double volume_ml = 0;
  double mean_hu = 0;
  // The HU that its main part was given, and the liver's median.
  double body_hu = 0;
  double liver_hu = 0;
  // What it shows: "capsule", "washout", "mosaic", "necrosis", "rim", "peripheral nodules", "flash filling", …
  std::vector<std::string> signs;
  // Of a pair alone.
  std::optional<ArterialLesion> arterial;
};

struct SyntheticArterialScan {
  Volume volume;
  // From the portal venous scan to it.
  RigidMotion motion;
  double liver_hu = 0;
  // None where the aorta was not found: it stays as it was then.
  std::optional<double> aorta_hu;
};

struct SyntheticLesions {
  Volume volume;
  // LesionType values, and lesion ids; 0 outside. A voxel is lesion where at least half of it is, inside the liver.
  Mask types;
  Mask ids;
  std::vector<SyntheticLesion> lesions;
  std::optional<SyntheticArterialScan> arterial;
};

// On the grid of `hu`: `liver` is its mask (not 0 is liver, lesions included), `real_lesions` what must be left alone,
// or null. Voxels out of every lesion's reach (its edge and blur) keep their HU bit for bit. The same bytes whatever
// the thread count; what lesion n draws depends on the seed and n alone, where it lies on the lesions before it too.
// Throws INVALID_ARGUMENT (options), GEOMETRY_MISMATCH, EMPTY_MASK (no liver), UNSUPPORTED_ORIENTATION
// (slices that are not axial).
SyntheticLesions synthesize_lesions(const Volume& hu, const Mask& liver, const Mask* real_lesions,
                                    const SyntheticLesionOptions& options, Run& run);

// The same in a liver that survey_ground looked at before, with this margin: the survey draws nothing, so one serves
// all seeds.
SyntheticLesions synthesize_lesions(const Volume& hu, const Ground& surveyed, const SyntheticLesionOptions& options,
                                    Run& run);

}  // namespace hepatica
