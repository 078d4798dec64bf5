#include "training/loop/training_run.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "core/error.h"
#include "models/weights/safetensors.h"
#include "training/loop/checkpoint.h"
#include "training/loop/trainer.h"

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

}  // namespace

void check_run(const TrainingRunOptions& options, const RunDescription& description) {
  require_separate_patients(description, options.allow_shared_patients);
  const fs::path folder = fs::path(options.output).parent_path();
  require_writable(folder.empty() ? "." : folder, "output");
  if (fs::is_directory(options.output)) {
    throw Error("OUTPUT_UNWRITABLE", "Expected " + options.output + " to be a file, received a folder", options.output,
                "output", "Name the file that the weights are to be written to");
  }
  if (!options.checkpoint_folder.empty()) require_writable(options.checkpoint_folder, "checkpointFolder");
}

void check_resume(const TrainingRunOptions& options, const RunDescription& description) {
  if (!options.resume || options.checkpoint_folder.empty()) return;
  read_checkpoint(options.checkpoint_folder, run_identity(description, options));
}

History run_training(const TrainingRunOptions& options, const RunDescription& description, TrainingTask& task,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  const std::string& folder = options.checkpoint_folder;
  const std::string identity = run_identity(description, options);
  const std::string precision = task.device().bf16 ? "bf16" : "fp32";
  Trainer trainer(options, task, run);
  if (options.resume && !folder.empty()) {
    if (const auto saved = read_checkpoint(folder, identity)) trainer.restore(*saved, last_checkpoint_path(folder));
  }
  const auto export_weights = [&](const std::string& path) {
    write_safetensors(path, trainer.best_weights(),
                      weights_metadata(description, options, trainer.history(), precision));
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
