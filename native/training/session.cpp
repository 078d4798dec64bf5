#include "training/session.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include <unistd.h>

#include "core/error.h"
#include "models/weights/safetensors.h"
#include "training/checkpoint.h"
#include "training/optimization.h"
#include "training/trainer.h"
#include "training/weights_metadata.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;

// Hours of training must not end at a folder that could never be written.
void require_writable(const std::string& path, const char* field) {
  std::error_code failure;
  fs::path folder = fs::absolute(path, failure);
  while (!failure && !fs::exists(folder, failure) && folder.has_relative_path()) folder = folder.parent_path();
  if (!failure && fs::is_directory(folder, failure) && access(folder.c_str(), W_OK) == 0) return;
  throw Error("OUTPUT_UNWRITABLE", "Nothing can be written to " + path + ": " + std::strerror(errno ? errno : ENOTDIR),
              path, field, "Name a folder that exists or can be made, and that may be written");
}

void require_separate_patients(const TrainingPlan& plan) {
  std::set<std::string> learned;
  for (const TrainingCase& c : plan.cases) {
    if (!c.validation) learned.insert(c.patient);
  }
  if (learned.empty()) {
    throw Error("INVALID_ARGUMENT", "Expected cases to leave at least one patient for training, received none", {},
                "cases", "Add patients, or validate on fewer");
  }
  for (const TrainingCase& c : plan.cases) {
    if (!c.validation || !learned.contains(c.patient) || plan.options.allow_shared_patients) continue;
    throw Error("PATIENT_LEAK", "Patient " + c.patient + " is both in training and in validation", {}, "cases",
                "Split by patient; a split that leaks has to be asked for by name");
  }
}

}  // namespace

LiverCnnConfig training_config(const TrainingOptions& options) {
  return options.architecture.empty() ? LiverCnnConfig{} : LiverCnnConfig::from_json(options.architecture);
}

History run_training(const TrainingPlan& plan, const LiverCnnConfig& config, std::span<const GridScan> training,
                     std::span<const GridScan> validation, const std::function<void(const std::string&)>& on_epoch,
                     Run& run) {
  const TrainingOptions& options = plan.options;
  require_separate_patients(plan);
  require_writable(fs::path(options.output).parent_path().empty() ? "." : fs::path(options.output).parent_path(),
                   "output");
  const std::string& folder = options.checkpoint_folder;
  if (!folder.empty()) require_writable(folder, "checkpointFolder");
  const std::string identity = run_identity(plan, config.to_json());
  const std::string precision = use_bf16(options.precision) ? "bf16" : "fp32";
  Trainer trainer(options, config, training, validation, run);
  if (options.resume && !folder.empty()) {
    if (const auto saved = read_checkpoint(folder, identity)) trainer.restore(*saved, last_checkpoint_path(folder));
  }
  const auto export_weights = [&](const std::string& path) {
    write_safetensors(path, trainer.best_weights(), weights_metadata(plan, config, trainer.history(), precision));
  };
  trainer.train([&](const EpochRecord& record) {
    if (!folder.empty()) {
      write_checkpoint(folder, trainer.state(), identity);
      if (trainer.history().best_epoch == record.epoch) export_weights(best_checkpoint_path(folder));
    }
    on_epoch(epoch_json(record));
  });
  std::error_code ignored;
  fs::create_directories(fs::path(options.output).parent_path(), ignored);
  export_weights(options.output);
  return trainer.history();
}

}  // namespace hepatica
