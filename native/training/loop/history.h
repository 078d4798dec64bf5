// What training has measured, epoch by epoch: the learning curves (figure 6) and the choice of the best weights.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hepatica {

// Over the whole volume of a patient, on the source grid, after the post-processing of inference.
struct PatientScore {
  std::string patient;
  double dice = 0;
  double voe = 0;
  std::optional<double> rvd;  // paper's sign
};

struct EpochRecord {
  int64_t epoch = 0;  // from 1
  int64_t steps = 0;  // since the start of the run
  double learning_rate = 0;
  double training_loss = 0;
  double training_accuracy = 0;
  std::optional<double> validation_loss;
  std::optional<double> validation_accuracy;
  std::optional<double> validation_dice;  // mean over patients
  std::vector<PatientScore> patients;
  // What else was measured in validation, by name ("detectionRecall").
  std::map<std::string, double> figures;
  std::string postprocessing;   // JSON of the Postprocessing that was scored; empty: none
  std::optional<double> score;  // of the validation: the larger the better
  std::string device = "cpu";   // where it ran
  double seconds = 0;           // of training, without validation
  double images_per_second = 0;
};

struct History {
  std::vector<EpochRecord> epochs;
  int64_t best_epoch = 0;  // 0: none yet
  double best_score = -1;  // -1: nothing was validated
  double best_dice = -1;   // that epoch's validation Dice
};

// {"epoch", "steps", "learningRate", "trainingLoss", "trainingAccuracy", "validationLoss", "validationAccuracy",
// "validationDice", "patients": [{"patient", "dice", "voe", "rvd"}], "figures",
// "postprocessing", "score", "device", "seconds", "imagesPerSecond"};
// null where absent.
std::string epoch_json(const EpochRecord& record);

// {"epochs": […], "bestEpoch", "bestScore", "bestDice"}; numbers survive the round trip exactly.
std::string history_json(const History& history);

// Throws CORRUPT_CHECKPOINT naming `file`.
History parse_history(const std::string& json, const std::string& file);

}  // namespace hepatica
