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

// A process without an item would wait for the others at each step.
void check_processes(const TrainingRunOptions& options) {
  const int64_t items = options.batch_size / options.accumulation;
  if (options.process.size == 1 || options.process.size <= items) return;
  throw Error("INVALID_ARGUMENT",
              "Expected processes to be at most " + std::to_string(items) +
                  ", the items of a mini-batch that are computed at once, received " +
                  std::to_string(options.process.size),
              {}, "processes", "Train with fewer processes, or a larger batchSize");
}

}  // namespace

void check_run(const TrainingRunOptions& options, const RunDescription& description) {
  check_processes(options);
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
                     Communicator& communicator, const std::function<void(const std::string&)>& on_epoch, Run& run) {
  const std::string& folder = options.checkpoint_folder;
  const std::string identity = run_identity(description, options);
  const std::string precision = task.device().bf16 ? "bf16" : "fp32";
  task.join(communicator);
  Trainer trainer(options, task, run);
  if (options.resume && !folder.empty()) {
    if (const auto saved = read_checkpoint(folder, identity)) trainer.restore(*saved, last_checkpoint_path(folder));
  }
  trainer.agree_on_start();
  const auto export_weights = [&](const std::string& path) {
    StateDict weights = task.carried();
    for (const auto& [name, tensor] : trainer.best_weights()) weights[name] = tensor;
    write_safetensors(path, weights, weights_metadata(description, options, trainer.history(), precision));
  };
  trainer.train([&](const EpochRecord& record) {
    if (!communicator.is_first()) return;
    if (!folder.empty()) {
      write_checkpoint(folder, trainer.state(), identity);
      if (trainer.history().best_epoch == record.epoch) export_weights(best_checkpoint_path(folder));
    }
    on_epoch(epoch_json(record));
  });
  if (!communicator.is_first()) return trainer.history();
  std::error_code ignored;
  fs::create_directories(fs::path(options.output).parent_path(), ignored);
  export_weights(options.output);
  return trainer.history();
}

}  // namespace hepatica
