// Trains the 3-D structure network on labelled scans, from weights that it goes on from: they hold the locator too,
// which stays as it is.
#pragma once

#include "core/device_choice.h"
#include "core/run.h"
#include "pipelines/on_training_device.h"
#include "pipelines/train_segmenter.h"
#include "training/tasks/volume/plan.h"

namespace hepatica {

// Of the options alone, without reading a scan, as that of train_segmenter. Throws INVALID_ARGUMENT where the plan has
// no `initial`, and as Encoder3dModel::load does.
void check_training(const VolumeTrainingPlan& plan, const DeviceChoice& choice);

// As train_segmenter.
TrainingResult train_structures(const VolumeTrainingPlan& plan, const DeviceChoice& choice,
                                const EpochCallback& on_epoch, Run& run);

}  // namespace hepatica
