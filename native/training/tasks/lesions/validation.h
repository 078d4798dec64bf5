// How good the lesion network is on patients that it does not learn from, on the network's grid.
#pragma once

#include <span>

#include "core/run.h"
#include "models/mdl_cnn/module.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/training_device.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/scan.h"

namespace hepatica {

// Fills the record: validation loss and accuracy (of the location, over the liver's pixels), Dice of all lesion voxels
// together, overlap per scan ("PATIENT", "PATIENT synthetic N"), score, and, for scans as they are ("real") and with
// synthetic lesions ("synthetic"): realDice, realRecall, realPrecision, syntheticDice, …: recall and precision of
// lesions at an intersection over union above 0, and classAccuracy over the found lesions of a known type.
void validate_lesions(MdlCnn& network, std::span<const LesionScan> scans, const LesionTrainingOptions& options,
                      const TrainingDevice& device, Communicator& communicator, EpochRecord& record, Run& run);

}  // namespace hepatica
