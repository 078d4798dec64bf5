#include "training/loop/history.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

Json optional_number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::optional<double> number_or_none(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

Json to_json(const EpochRecord& record) {
  Json patients = Json::array();
  for (const PatientScore& score : record.patients) {
    patients.push_back(
        {{"patient", score.patient}, {"dice", score.dice}, {"voe", score.voe}, {"rvd", optional_number(score.rvd)}});
  }
  return {{"epoch", record.epoch},
          {"steps", record.steps},
          {"learningRate", record.learning_rate},
          {"trainingLoss", record.training_loss},
          {"trainingAccuracy", record.training_accuracy},
          {"validationLoss", optional_number(record.validation_loss)},
          {"validationAccuracy", optional_number(record.validation_accuracy)},
          {"validationDice", optional_number(record.validation_dice)},
          {"patients", std::move(patients)},
          {"figures", record.figures},
          {"postprocessing", record.postprocessing.empty() ? Json(nullptr) : Json::parse(record.postprocessing)},
          {"score", optional_number(record.score)},
          {"device", record.device},
          {"seconds", record.seconds},
          {"imagesPerSecond", record.images_per_second}};
}

EpochRecord epoch_from(const Json& json) {
  EpochRecord record;
  record.epoch = json.at("epoch").get<int64_t>();
  record.steps = json.at("steps").get<int64_t>();
  record.learning_rate = json.at("learningRate").get<double>();
  record.training_loss = json.at("trainingLoss").get<double>();
  record.training_accuracy = json.at("trainingAccuracy").get<double>();
  record.validation_loss = number_or_none(json.at("validationLoss"));
  record.validation_accuracy = number_or_none(json.at("validationAccuracy"));
  record.validation_dice = number_or_none(json.at("validationDice"));
  for (const Json& score : json.at("patients")) {
    record.patients.push_back({score.at("patient").get<std::string>(), score.at("dice").get<double>(),
                               score.at("voe").get<double>(), number_or_none(score.at("rvd"))});
  }
  record.figures = json.at("figures").get<std::map<std::string, double>>();
  const Json& postprocessing = json.at("postprocessing");
  if (!postprocessing.is_null()) record.postprocessing = postprocessing.dump();
  record.score = number_or_none(json.at("score"));
  // Checkpoints of before trainings had a device lack it.
  record.device = json.value("device", "cpu");
  record.seconds = json.at("seconds").get<double>();
  record.images_per_second = json.at("imagesPerSecond").get<double>();
  return record;
}

}  // namespace

std::string epoch_json(const EpochRecord& record) { return to_json(record).dump(); }

std::string history_json(const History& history) {
  Json epochs = Json::array();
  for (const EpochRecord& record : history.epochs) epochs.push_back(to_json(record));
  return Json{{"epochs", std::move(epochs)},
              {"bestEpoch", history.best_epoch},
              {"bestScore", history.best_score},
              {"bestDice", history.best_dice}}
      .dump();
}

History parse_history(const std::string& text, const std::string& file) {
  try {
    const Json json = Json::parse(text);
    History history;
    for (const Json& record : json.at("epochs")) history.epochs.push_back(epoch_from(record));
    history.best_epoch = json.at("bestEpoch").get<int64_t>();
    history.best_score = json.at("bestScore").get<double>();
    history.best_dice = json.at("bestDice").get<double>();
    return history;
  } catch (const Json::exception&) {
    throw Error("CORRUPT_CHECKPOINT", "The checkpoint's history cannot be read", file, "history",
                "Delete the checkpoint folder and train anew");
  }
}

}  // namespace hepatica
