// From a CT volume and its liver to the lesions in it, each with its type (paper: MDL-CNN).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/device_choice.h"
#include "core/lesion.h"
#include "core/run.h"
#include "core/volume.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/lesion_model.h"
#include "ops/bounding_box.h"
#include "ops/lesion_look.h"
#include "ops/liver_octants.h"
#include "pipelines/arterial_phase.h"
#include "pipelines/perimeters.h"
#include "pipelines/plausibility.h"
#include "runtime/precision.h"

namespace hepatica {

struct ClassifyOptions {
  DeviceChoice device;
  PrecisionChoice precision = PrecisionChoice::kAuto;
  // The model's where absent.
  std::optional<double> threshold;
  // The model's is lowered to a lower `threshold`.
  std::optional<double> extent_threshold;
  std::optional<double> minimum_ml;
  // Of the same patient, on a grid of its own; null: types are told from the one scan. It must outlive the call.
  const Volume* arterial = nullptr;
  // Of the liver's segmentation in the same scan; null: of a mask from elsewhere. It must outlive the call.
  EncodedCrop* crop = nullptr;
};

// z indices and boxes are those of the source grid.
struct LesionSlice {
  int64_t slice = 0;
  BoundingBox box;  // z is 0
  int64_t pixels = 0;
};

// How bright a lesion is in one scan: HU, of means over 3 mm.
struct PhaseSigns {
  // Median of the liver without its lesions.
  double liver_hu = 0;
  double mean_hu = 0;
  // Means of the inner half and the outer third, by depth.
  double core_hu = 0;
  double rim_hu = 0;
  // 95th and 5th percentile.
  double brightest_hu = 0;
  double darkest_hu = 0;
};

struct ArterialSigns {
  PhaseSigns arterial;
  PhaseSigns portal;
  // What the portal venous scan alone says.
  std::array<double, kLesionTypes> portal_probabilities{};
};

struct Lesion {
  // From 1, largest first: its value in LesionClassification::mask.
  int id = 0;
  LesionType type = LesionType::kUnknown;
  // In the order of kLesionCodes; they add up to 1. Mean of the class map over the lesion's voxels, at the model's
  // temperature; where there are arterial signs, what the model's readout makes of both.
  std::array<double, kLesionTypes> probabilities{};
  // No type is as likely as the model's level: `type` is the likeliest all the same.
  bool indeterminate = false;
  // Mean of the location's probability over the lesion's voxels.
  double detection_probability = 0;
  BoundingBox box;
  std::vector<LesionSlice> slices;
  std::vector<Perimeter> perimeters;
  double volume_ml = 0;
  double diameter_mm = 0;
  double perpendicular_mm = 0;
  int64_t diameter_slice = 0;
  // By RECIST 1.1; the slices' distance stands for their thickness.
  bool recist_measurable = false;
  // Of the nearest voxel to the liver's surface (ops/depth.h), and of the centre (ops/liver_octants.h).
  std::optional<double> surface_distance_mm;
  std::optional<LiverOctant> octant;
  // Beside liver that is no lesion (ops/lesion_look.h).
  LesionMorphology look;
  double mean_hu = 0;
  double sd_hu = 0;
  Vec3 centre = {0, 0, 0};
  Vec3 centre_mm = {0, 0, 0};
  // None where no arterial scan was given, or it does not show the lesion wholly.
  std::optional<ArterialSigns> arterial;
};

struct LesionClassification {
  std::vector<Lesion> lesions;
  // 0, or the lesion's id, on the source grid.
  Mask mask;
  double threshold = 0;
  double extent_threshold = 0;
  double minimum_ml = 0;
  // The model's: the least that a type's probability has where the lesion is not indeterminate.
  double indeterminate_below = 0;
  Precision precision = Precision::kFp32;
  // Of the liver that the lesions were looked for in.
  double liver_ml = 0;
  Judgement judgement;
  // Where one was given.
  std::optional<ArterialPhase> arterial;
};

// Lesions are the components of the voxels in the liver whose location probability is above the extent's threshold, of
// which at least the minimum is above the threshold: hysteresis (Canny, IEEE TPAMI 1986; 8: 679). Voxels that
// touch at a face, an edge or a corner are of one lesion: in thick slices a lesion that lies aslant would fall apart
// otherwise. Timings, warnings and the device used are left in the run. Warnings: LARGE_LESION (over 40 % of the liver
// in a slice: the paper leaves such out of its training), FEW_SLICES (fewer than the network looks at), SEVERAL_TYPES,
// TOO_MANY_LESIONS (the 255 largest are kept), GPU_NOT_USED, and the reasons of the judgement. Throws
// INVALID_ARGUMENT for a liver on another grid, and an extent's threshold above the other. With an arterial scan also
// what register_arterial does, and NO_ARTERIAL_READOUT where the model cannot tell types from both.
LesionClassification classify_lesions(const Volume& source, const Mask& liver, const LesionModel& model,
                                      const ClassifyOptions& options, Run& run);

}  // namespace hepatica
