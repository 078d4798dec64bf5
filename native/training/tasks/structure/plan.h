// What a training run of a structure's segmenter is asked to do. TypeScript validates options and splits patients; the
// native side receives one plan, as JSON, and checks again only what would harm it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/data/structure_case.h"
#include "training/loop/run_options.h"

namespace hepatica {

// The paper uses none; every amount is a standard deviation unless said otherwise. No flips: the liver has a side.
struct SliceAugmentation {
  bool enabled = false;
  double scale = 0.08;   // of the logarithm
  double aspect = 0.04;  // of the logarithm
  double rotation_deg = 5;
  double shift_mm = 24;           // uniform in ±shift
  double gamma = 0.15;            // of the logarithm
  double noise = 0;               // uniform in 0…noise, in half of the pictures, of a white level of 1
  double body_box_jitter = 0.02;  // of the box's width or height
};

struct StructureTrainingOptions : TrainingRunOptions {
  std::string structure = "liver";
  SliceAugmentation augmentation;
  // JSON of a Postprocessing; empty: chosen by the validation patients.
  std::string postprocessing;
  double positive_weight = 1;  // of the structure's class in the cross-entropy
  double dice_weight = 0;      // of a soft Dice term beside the cross-entropy
  // 0: every training slice once an epoch, in a seeded order; else this many, drawn anew.
  int64_t slices_per_epoch = 0;
  bool balance_patients = false;    // draw the patient first, then its slice (needs slices_per_epoch)
  double structure_fraction = 0;    // part of the drawn slices that shows the structure; 0: as they come
  double slice_stride_mm = 0;       // distance of the slices trained on; 0: every slice
  std::vector<int64_t> canvas_px;   // height, width of the training picture on the network's grid; empty: from the data
  double validation_stride_mm = 0;  // distance of the slices validated on; 0: every slice
};

struct StructureTrainingPlan {
  std::vector<StructureCase> cases;
  StructureTrainingOptions options;
};

// Throws Error INVALID_ARGUMENT naming the field. Keys are the members' names; unknown keys are refused.
StructureTrainingPlan parse_structure_plan(const std::string& json);

// The options as JSON, defaults filled in: kept in checkpoints and in the weights' metadata.
std::string options_json(const StructureTrainingOptions& options);

}  // namespace hepatica
