// What a training run of the lesion network is asked to do; see plan.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/lesion.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

// A value of the label that marks lesions, and their type.
struct LesionLabelValue {
  int value = 0;
  LesionType type = LesionType::kUnknown;
};

// A segment of a SEG or RTSTRUCT that marks lesions, by its label or code.
struct LesionLabelSegment {
  std::string segment;
  LesionType type = LesionType::kUnknown;
};

struct LesionPolygon : LabelPolygon {
  LesionType type = LesionType::kUnknown;
};

// A scan with its liver, and its lesions where they are marked. The liver: a mask file (`liver`), polygons, or values
// or segments of `label`; lesions are part of it. The lesions: values or segments of `label`, or polygons.
struct LesionCase {
  std::string patient;
  std::string image;
  std::string liver;
  std::vector<int> liver_values;  // of `liver`, or of `label` where there is neither file nor polygons; empty: all
  std::vector<std::string> liver_segments;  // instead of values, of a SEG or RTSTRUCT
  std::vector<LabelPolygon> liver_polygons;
  std::string label;
  std::vector<LesionLabelValue> lesion_values;
  std::vector<LesionLabelSegment> lesion_segments;
  std::vector<LesionPolygon> lesion_polygons;
  // All of its lesions are marked, perhaps because it has none. Where false, its slices teach nothing of themselves.
  bool marked = true;
  // Synthetic lesions may be put into it.
  bool ground = false;
  bool validation = false;
  std::string content_sha256;  // as StructureCase's
};

// What the best epoch is chosen by: the global lesion Dice, the part of the found lesions whose type is right, the mean
// of both, or the validation loss.
enum class LesionScore { kDice, kAccuracy, kMean, kLoss };

// Amounts are standard deviations unless said otherwise. Lesions have no side: pictures are mirrored both ways.
struct RegionAugmentation {
  bool enabled = false;
  double scale = 0.12;  // of the logarithm
  double rotation_deg = 13;
  double gain = 0.12;         // of the logarithm of the factor that HU's distance from the liver's is given
  double offset_hu = 5;       // of all HU
  double noise = 0.05;        // uniform in 0...noise, in half of the pictures, of 200 HU
  double liver_errors = 0.5;  // part of the pictures in which the liver's border is wrong, as predicted ones are
};

// What is held fixed all the time: nothing, or all but the class channel, with the running statistics of its batch
// norm.
enum class FrozenPart { kNone, kLocation };

// `base` is a ResNet101 file (models/resnet101); `frozen_epochs` need it, and its rate is its own only where it was
// loaded.
struct LesionTrainingOptions : TrainingRunOptions, PretrainedOptions {
  RegionAugmentation augmentation;
  FrozenPart freeze = FrozenPart::kNone;

  // Variants of each training ground with synthetic lesions, made anew every so many epochs.
  int64_t synthetic_per_scan = 1;
  int64_t synthetic_refresh_epochs = 2;
  int64_t synthetic_min_lesions = 6;
  int64_t synthetic_max_lesions = 14;
  // Variants of each validation ground; the same in all epochs.
  int64_t validation_synthetic_per_scan = 1;
  double real_fraction = 0.5;  // part of the drawn pictures that comes from scans as they are

  int64_t slices_per_epoch = 0;   // pictures; 0: as many as the training scans have slices with liver
  double lesion_fraction = 0.5;   // part of the pictures around a lesion; the others lie anywhere in the liver
  double max_lesion_share = 0.4;  // slices in which one lesion covers more of the liver are left out (paper); 1: none
  std::vector<int64_t> canvas_px = {64, 64};  // height, width of a picture on the network's grid
  double positive_weight = 1;                 // of lesion pixels in the location's cross-entropy
  double dice_weight = 0.5;                   // of a soft Dice term beside it
  double class_weight = 1;                    // of the class channel's cross-entropy; 0: it isn't trained
  bool balance_classes = true;                // every type that a part shows counts alike, however many show it
  LesionScore best_by = LesionScore::kMean;
};

struct LesionTrainingPlan {
  std::vector<LesionCase> cases;
  LesionTrainingOptions options;
};

// Throws Error INVALID_ARGUMENT naming the field. Keys are the members' names; unknown keys are refused. Lesion types
// are named CYS, ANG, HCC, MET and unknown.
LesionTrainingPlan parse_lesion_plan(const std::string& json);

std::string options_json(const LesionTrainingOptions& options);

// What of the cases decides what is computed, as JSON, for the run's identity.
std::string cases_json(const std::vector<LesionCase>& cases);

}  // namespace hepatica
