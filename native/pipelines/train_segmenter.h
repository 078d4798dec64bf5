// Trains the segmentation network on labelled scans: read, preprocess and resample once, then epochs of Adam with
// checkpoints; the best weights by validation Dice are written as safetensors.
#pragma once

#include <functional>
#include <string>

#include "core/run.h"
#include "training/plan.h"

namespace hepatica {

struct TrainingResult {
  std::string weights;  // the file that was written: plan.options.output
  std::string history;  // JSON, see training/history.h
};

// Called after every epoch on the computing thread with that epoch's record as JSON; must not block.
using EpochCallback = std::function<void(const std::string& epoch_json)>;

// Throws Cancelled on run.cancel(); the last checkpoint stays valid and `resume` goes on from it.
TrainingResult train_segmenter(const TrainingPlan& plan, const EpochCallback& on_epoch, Run& run);

}  // namespace hepatica
