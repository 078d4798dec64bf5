// A training run on disk: FOLDER/last.safetensors holds all that an exact resume needs, FOLDER/best.safetensors is a
// model that can be used at once. Both are replaced atomically.
#pragma once

#include <optional>
#include <string>

#include "models/state_dict.h"
#include "training/loop/history.h"

namespace hepatica {

struct TrainingState {
  int64_t epochs_done = 0;
  int64_t steps_done = 0;
  double seconds = 0;
  History history;
  StateDict network;
  StateDict average;  // empty without a moving average
  StateDict best;
  StateDict optimizer;
};

// Throws OUTPUT_UNWRITABLE naming the file.
void write_checkpoint(const std::string& folder, const TrainingState& state, const std::string& identity);

// Nothing where the folder holds no checkpoint. Throws CORRUPT_CHECKPOINT, or CHECKPOINT_MISMATCH where `identity` is
// another run's.
std::optional<TrainingState> read_checkpoint(const std::string& folder, const std::string& identity);

std::string last_checkpoint_path(const std::string& folder);
std::string best_checkpoint_path(const std::string& folder);

}  // namespace hepatica
