// How good a 3-D segmenter is on patients that it does not learn from, on the network's cells.
#pragma once

#include <span>

#include "core/run.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/training_device.h"
#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica {

// Fills the record: validation loss and accuracy, overlap of the first structure per patient, its mean Dice as the
// score, and the others' mean Dice as figures ("dice NAME"). What is looked at is the box around the structures with
// options.validation_margin_mm.
void validate_volumes(VolumeNetwork& network, const VolumeNetworkKind& kind, std::span<const VolumeScan> scans,
                      const VolumeTrainingOptions& options, const TrainingDevice& device, Communicator& communicator,
                      EpochRecord& record, Run& run);

}  // namespace hepatica
