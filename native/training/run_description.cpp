#include "training/run_description.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"

namespace hepatica {
namespace {

using Json = nlohmann::json;

std::set<std::string> patients_of(const RunDescription& description, bool validation) {
  std::set<std::string> patients;
  for (const RunDescription::Patient& patient : description.patients) {
    if (patient.validation == validation) patients.insert(patient.name);
  }
  return patients;
}

// Without how long it took: the same training gives the same bytes.
Json metrics_of(const History& history) {
  for (const EpochRecord& record : history.epochs) {
    if (record.epoch != history.best_epoch) continue;
    Json metrics = Json::parse(epoch_json(record));
    metrics.erase("seconds");
    metrics.erase("imagesPerSecond");
    return metrics;
  }
  return Json::object();
}

// What the weights' reader needs no path of the training machine for.
Json public_options(const RunDescription& description) {
  Json json = Json::parse(description.options);
  for (const char* local : {"checkpoint_folder", "output", "resume", "architecture", "licence", "dataset",
                            "dataset_sha256", "hepatica_version", "base", "initial"}) {
    json.erase(local);
  }
  return json;
}

}  // namespace

void require_separate_patients(const RunDescription& description, bool allow_shared_patients) {
  const std::set<std::string> learned = patients_of(description, false);
  if (learned.empty()) {
    throw Error("INVALID_ARGUMENT", "Expected cases to leave at least one patient for training, received none", {},
                "cases", "Add patients, or validate on fewer");
  }
  for (const std::string& patient : patients_of(description, true)) {
    if (!learned.contains(patient) || allow_shared_patients) continue;
    throw Error("PATIENT_LEAK", "Patient " + patient + " is both in training and in validation", {}, "cases",
                "Split by patient; a split that leaks has to be asked for by name");
  }
}

std::string run_identity(const RunDescription& description, const TrainingRunOptions& options) {
  Json fixed = Json::parse(description.options);
  for (const char* free : {"resume", "checkpoint_folder", "output", "licence", "dataset", "hepatica_version",
                           "early_stopping_epochs", "base", "initial"}) {
    fixed.erase(free);
  }
  if (options.schedule == LearningRateSchedule::kConstant) {
    fixed.erase("epochs");
    fixed.erase("time_limit_minutes");
  }
  fixed["architecture"] = description.architecture;
  return Json{{"options", std::move(fixed)}, {"cases", Json::parse(description.cases)}}.dump();
}

Metadata weights_metadata(const RunDescription& description, const TrainingRunOptions& options, const History& history,
                          const std::string& precision) {
  Json training = public_options(description);
  training["precision"] = precision;
  Metadata metadata = {{"kind", description.kind},
                       {"structure", description.structure},
                       {"architecture", description.architecture},
                       {"preprocessing", training.at("preprocess").dump()},
                       {"training_options", training.dump()},
                       {"training_patients", Json(patients_of(description, false)).dump()},
                       {"validation_patients", Json(patients_of(description, true)).dump()},
                       {"metrics", metrics_of(history).dump()},
                       {"seed", std::to_string(options.seed)}};
  const auto add_if_given = [&](const char* key, const std::string& value) {
    if (!value.empty()) metadata[key] = value;
  };
  add_if_given("classes", description.classes);
  add_if_given("dataset", options.dataset);
  add_if_given("dataset_sha256", options.dataset_sha256);
  add_if_given("hepatica_version", options.hepatica_version);
  add_if_given("licence", options.licence);
  return metadata;
}

}  // namespace hepatica
