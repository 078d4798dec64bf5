#include "training/loop/run_description.h"

#include <algorithm>
#include <map>
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

using Names = std::map<std::string, std::string>;

// "PATIENT", or "PATIENT synthetic N" (tasks/lesions/validation.h), with the patient's published name.
std::string published(const std::string& name, const Names& names) {
  if (const auto found = names.find(name); found != names.end()) return found->second;
  const size_t suffix = name.rfind(" synthetic ");
  const auto found = suffix == std::string::npos ? names.end() : names.find(name.substr(0, suffix));
  return found == names.end() ? name : found->second + name.substr(suffix);
}

std::string published_list(const std::set<std::string>& patients, const Names& names) {
  std::set<std::string> list;
  for (const std::string& name : patients) list.insert(published(name, names));
  return Json(list).dump();
}

const EpochRecord* best_epoch(const History& history) {
  const auto best = std::find_if(history.epochs.begin(), history.epochs.end(),
                                 [&](const EpochRecord& record) { return record.epoch == history.best_epoch; });
  return best == history.epochs.end() ? nullptr : &*best;
}

// Without where it ran and how long it took: the same training gives the same bytes. Without the postprocessing, which
// is a field of its own.
Json metrics_of(const History& history, const Names& names) {
  const EpochRecord* best = best_epoch(history);
  if (!best) return Json::object();
  Json metrics = Json::parse(epoch_json(*best));
  for (const char* left_out : {"device", "seconds", "imagesPerSecond", "postprocessing"}) metrics.erase(left_out);
  for (Json& score : metrics.at("patients")) {
    score["patient"] = published(score.at("patient").get<std::string>(), names);
  }
  return metrics;
}

// What the weights' reader needs no path of the training machine for.
Json public_options(const RunDescription& description) {
  Json json = Json::parse(description.options);
  for (const char* local : {"cache_folder", "checkpoint_folder", "output", "resume", "architecture", "licence",
                            "dataset", "dataset_sha256", "hepatica_version", "base", "initial", "published_patients"}) {
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
  for (const char* free : {"cache_folder", "resume", "checkpoint_folder", "output", "licence", "dataset",
                           "hepatica_version", "early_stopping_epochs", "base", "initial", "published_patients"}) {
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
  const Names& names = options.published_patients;
  Json training = public_options(description);
  training["precision"] = precision;
  Metadata metadata = {{"kind", description.kind},
                       {"structure", description.structure},
                       {"architecture", description.architecture},
                       {"preprocessing", training.at("preprocess").dump()},
                       {"training_options", training.dump()},
                       {"training_patients", published_list(patients_of(description, false), names)},
                       {"validation_patients", published_list(patients_of(description, true), names)},
                       {"metrics", metrics_of(history, names).dump()},
                       {"seed", std::to_string(options.seed)}};
  const auto add_if_given = [&](const char* key, const std::string& value) {
    if (!value.empty()) metadata[key] = value;
  };
  const EpochRecord* best = best_epoch(history);
  add_if_given("postprocessing",
               best && !best->postprocessing.empty() ? best->postprocessing : description.postprocessing);
  add_if_given("classes", description.classes);
  add_if_given("dataset", options.dataset);
  add_if_given("dataset_sha256", options.dataset_sha256);
  add_if_given("hepatica_version", options.hepatica_version);
  add_if_given("licence", options.licence);
  return metadata;
}

}  // namespace hepatica
