// What a trained weights file says of itself, beside the tensors.
#pragma once

#include <string>

#include "models/liver_cnn/config.h"
#include "models/weights/safetensors.h"
#include "training/history.h"
#include "training/plan.h"

namespace hepatica {

// Keys: kind, structure, architecture, preprocessing, training_options, training_patients, validation_patients,
// metrics, dataset, dataset_sha256, seed, hepatica_version, licence; JSON where it is more than a word.
Metadata weights_metadata(const TrainingPlan& plan, const LiverCnnConfig& config, const History& history,
                          const std::string& precision);

}  // namespace hepatica
