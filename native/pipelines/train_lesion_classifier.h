// Trains the lesion network on livers with marked lesions and with synthetic ones; see train_segmenter.h.
#pragma once

#include "core/device_choice.h"
#include "core/run.h"
#include "pipelines/train_segmenter.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/start.h"

namespace hepatica {

// Of the options alone, without reading a scan; the weights that the run starts from are read.
void check_training(const LesionTrainingPlan& plan, const LoadedWeights& loaded, const DeviceChoice& choice);

// Throws Cancelled on run.cancel(); the last checkpoint stays valid and `resume` goes on from it.
TrainingResult train_lesion_classifier(const LesionTrainingPlan& plan, const LoadedWeights& loaded,
                                       const DeviceChoice& choice, const EpochCallback& on_epoch, Run& run);

}  // namespace hepatica
