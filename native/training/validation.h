// How good the network is on patients that it does not learn from: loss and accuracy on the network's grid, overlap on
// the source grid after the post-processing of inference.
#pragma once

#include <span>
#include <vector>

#include "core/run.h"
#include "models/liver_cnn/module.h"
#include "training/grid_scan.h"
#include "training/history.h"
#include "training/plan.h"

namespace hepatica {

struct ValidationResult {
  double loss = 0;      // of the last pass, over all pixels of the canvas
  double accuracy = 0;  // part of the canvas' pixels classified rightly
  double dice = 0;      // mean over patients
  std::vector<PatientScore> patients;
};

// Slices lie options.validation_stride_mm apart; loss, accuracy and overlap count these.
ValidationResult validate(LiverCnn& network, std::span<const GridScan> scans, const TrainingOptions& options, bool bf16,
                          Run& run);

}  // namespace hepatica
