// What a training run is, for whoever asks later: checkpoints (may this run go on from there?) and the weights'
// metadata.
#pragma once

#include <string>
#include <vector>

#include "models/weights/safetensors.h"
#include "training/loop/history.h"
#include "training/loop/run_options.h"

namespace hepatica {

struct RunDescription {
  struct Patient {
    std::string name;
    bool validation = false;
  };

  std::string kind;            // of the weights: "liver_cnn", "mdl_cnn"
  std::string structure;       // what is segmented
  std::string architecture;    // JSON
  std::string options;         // JSON, defaults filled in
  std::string postprocessing;  // JSON, where no validation chooses it; empty: none
  std::string classes;         // JSON: what the class channels tell apart; empty where there are none
  std::vector<Patient> patients;
  // JSON: what else of the cases decides what a step computes. The files' contents are options.dataset_sha256's.
  std::string cases;
};

// Throws INVALID_ARGUMENT where nobody is left to learn from, PATIENT_LEAK where a patient is on both sides.
void require_separate_patients(const RunDescription& description, bool allow_shared_patients);

// What must be the same in the run that a checkpoint was made by and the run that goes on from it: everything that
// decides what a step computes. How many epochs may differ under a constant learning rate.
std::string run_identity(const RunDescription& description, const TrainingRunOptions& options);

// Keys: kind, structure, architecture, classes, preprocessing, postprocessing, training_options, training_patients,
// validation_patients, metrics, dataset, dataset_sha256, seed, hepatica_version, licence; JSON where it is more than a
// word.
Metadata weights_metadata(const RunDescription& description, const TrainingRunOptions& options, const History& history,
                          const std::string& precision);

}  // namespace hepatica
