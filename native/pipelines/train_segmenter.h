// Trains the segmentation network on labelled scans: read, preprocess and resample once, then epochs of Adam with
// checkpoints; the best weights by validation Dice are written as safetensors.
#pragma once

#include <functional>
#include <string>

#include "core/run.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct TrainingResult {
  std::string weights;  // the file that was written: plan.options.output
  std::string history;  // JSON, see training/history.h
};

// Called after every epoch on the computing thread with that epoch's record as JSON; must not block.
using EpochCallback = std::function<void(const std::string& epoch_json)>;

// Of the options alone, without reading a scan: the architecture, the patients on both sides, what is to be written.
void check_training(const StructureTrainingPlan& plan);

// Throws Cancelled on run.cancel(); the last checkpoint stays valid and `resume` goes on from it.
// What must hold of the options is checked before any scan is read.
TrainingResult train_segmenter(const StructureTrainingPlan& plan, const EpochCallback& on_epoch, Run& run);

}  // namespace hepatica
