// What a training run of a 3-D segmenter is asked to do: crops of whole volumes, several structures at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "training/data/structure_case.h"
#include "training/loop/run_options.h"

namespace hepatica {

// A structure of the network's by its values in the labels. Of one alone they may be left out: each case says what
// counts. Voxels of none of these are of any other of the network's classes.
struct LabelledStructure {
  std::string name;
  std::vector<int> values;
};

// Amounts are standard deviations unless said otherwise. Nothing is mirrored: organs have a side.
struct VolumeAugmentation {
  bool enabled = false;
  double scale = 0.09;        // of the logarithm
  double stretch = 0.05;      // of the logarithm, of each axis by itself
  double rotation_deg = 8;    // in the plane
  double tilt_deg = 4;        // out of it, about either axis
  double contrast = 0.15;     // of the logarithm of the factor that HU's distance from soft tissue is given
  double offset_hu = 12;      // of all HU
  double noise_hu = 14;       // of the noise's own deviation, in half of the crops
  double thick_slices = 0.4;  // part of the crops that is seen through slices of 5 or 8 mm
  double body_box_mm = 8;     // of the sides of the body's box that coordinates count from
};

struct VolumeTrainingOptions : TrainingRunOptions, PretrainedOptions {
  // What the network's values are made of, said in the terms of the weights' metadata (grid/sample_cells.h).
  VolumeTrainingOptions() { preprocess = {-160, 240, Equalization::kNone}; }

  std::vector<LabelledStructure> structures;  // the first one is what the score is of
  VolumeAugmentation augmentation;
  int64_t crops_per_epoch = 1000;
  std::vector<int64_t> crop_cells = {64, 160, 192};  // z, y, x
  double structure_fraction = 0.75;                  // part of the crops about the structures; the others lie anywhere
  double gradient_limit = 2;                         // length of the gradient over all parameters; 0: none
  double cross_entropy_weight = 1;
  double dice_weight = 1;
  double validation_margin_mm = 24;  // around the structures: what is validated on
};

struct VolumeTrainingPlan {
  std::vector<StructureCase> cases;
  VolumeTrainingOptions options;
};

// Throws Error INVALID_ARGUMENT naming the field. Keys are the members' names; unknown keys are refused.
VolumeTrainingPlan parse_volume_plan(const std::string& json);

std::string options_json(const VolumeTrainingOptions& options);

}  // namespace hepatica
