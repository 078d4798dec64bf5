// Trains the segmentation network on labelled scans: read, preprocess and resample once, then epochs of Adam with
// checkpoints; the best weights by validation Dice are written as safetensors.
#pragma once

#include <string>

#include "core/device_choice.h"
#include "core/run.h"
#include "pipelines/on_training_device.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct TrainingResult {
  std::string weights;  // the file that was written: plan.options.output
  std::string history;  // JSON, see training/loop/history.h
};

// Of the options alone, without reading a scan: the architecture, the patients on both sides, what is to be written,
// whether the device can be had.
void check_training(const StructureTrainingPlan& plan, const DeviceChoice& choice);

// Throws Cancelled on run.cancel(); the last checkpoint stays valid and `resume` goes on from it.
// What must hold of the options is checked before any scan is read.
TrainingResult train_segmenter(const StructureTrainingPlan& plan, const DeviceChoice& choice,
                               const EpochCallback& on_epoch, Run& run);

}  // namespace hepatica
