// How good the network is on patients that it does not learn from: loss and accuracy on the network's grid, overlap on
// the source grid after postprocessing, which is chosen here where it is not given.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/run.h"
#include "models/liver_cnn/module.h"
#include "models/postprocessing.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/training_device.h"
#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct StructureValidation {
  double loss = 0;      // over all pixels of the canvas
  double accuracy = 0;  // part of the canvas' pixels classified rightly
  double dice = 0;      // mean over patients
  std::vector<PatientScore> patients;
  Postprocessing postprocessing;
  double unprocessed_dice = 0;  // of what lies above the threshold
};

// Slices lie options.validation_stride_mm apart; loss, accuracy and overlap count these. Without `postprocessing`, the
// steps are kept that the mean Dice is best with, as nnU-Net does (Isensee et al., Nat Methods 2021; 18: 203): the
// paper's, the largest component and filled holes, unless it gets worse by them; a share of the largest component only
// where that is better than either.
StructureValidation validate_structure(LiverCnn& network, std::span<const GridScan> scans,
                                       const StructureTrainingOptions& options,
                                       const std::optional<Postprocessing>& postprocessing,
                                       const TrainingDevice& device, Communicator& communicator, Run& run);

}  // namespace hepatica
