#include "training/weights_metadata.h"

#include <nlohmann/json.hpp>
#include <set>

namespace hepatica {
namespace {

using Json = nlohmann::json;

std::string patients_json(const TrainingPlan& plan, bool validation) {
  std::set<std::string> patients;
  for (const TrainingCase& c : plan.cases) {
    if (c.validation == validation) patients.insert(c.patient);
  }
  return Json(patients).dump();
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
Json public_options(const TrainingOptions& options) {
  Json json = Json::parse(options_json(options));
  for (const char* local : {"checkpoint_folder", "output", "resume", "architecture", "licence", "dataset",
                            "dataset_sha256", "hepatica_version"}) {
    json.erase(local);
  }
  return json;
}

}  // namespace

Metadata weights_metadata(const TrainingPlan& plan, const LiverCnnConfig& config, const History& history,
                          const std::string& precision) {
  const TrainingOptions& options = plan.options;
  Json training = public_options(options);
  training["precision"] = precision;
  Metadata metadata = {{"kind", "liver_cnn"},
                       {"structure", options.structure},
                       {"architecture", config.to_json()},
                       {"preprocessing", training.at("preprocess").dump()},
                       {"training_options", training.dump()},
                       {"training_patients", patients_json(plan, false)},
                       {"validation_patients", patients_json(plan, true)},
                       {"metrics", metrics_of(history).dump()},
                       {"seed", std::to_string(options.seed)}};
  const auto add_if_given = [&](const char* key, const std::string& value) {
    if (!value.empty()) metadata[key] = value;
  };
  add_if_given("dataset", options.dataset);
  add_if_given("dataset_sha256", options.dataset_sha256);
  add_if_given("hepatica_version", options.hepatica_version);
  add_if_given("licence", options.licence);
  return metadata;
}

}  // namespace hepatica
