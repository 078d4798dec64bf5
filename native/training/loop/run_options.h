// What every training run is asked for, whatever its network.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ops/preprocess.h"
#include "training/loop/process_place.h"

namespace hepatica {

enum class LearningRateSchedule { kConstant, kCosine };
enum class TrainingPrecision { kAuto, kFp32, kBf16 };
// Which epoch's weights are saved: the best one by the validation score, or the last one, so that figures of the
// validation patients have chosen nothing (out-of-fold evaluation).
enum class KeptWeights { kBest, kLast };

struct TrainingRunOptions {
  // JSON: the fields of the network's configuration that differ from the network it starts from; empty: none.
  std::string architecture;
  PreprocessOptions preprocess;
  uint64_t seed = 0;
  int64_t epochs = 200;
  int64_t batch_size = 32;
  // Mini-batches are split into this many parts whose gradients are added up before one step of Adam. Batch norm
  // then sees the parts: 32 by accumulation is not 32 at once.
  int64_t accumulation = 1;
  double learning_rate = 1e-3;
  LearningRateSchedule schedule = LearningRateSchedule::kConstant;
  int64_t warmup_steps = 0;
  double minimum_rate = 0.01;  // floor of the cosine, as a part of learning_rate
  double ema_decay = 0;        // 0: the weights of the last step; else their moving average is validated and saved
  int64_t early_stopping_epochs = 0;  // stop after so many epochs without a better validation Dice; 0: never
  TrainingPrecision precision = TrainingPrecision::kAuto;
  int64_t validation_every = 1;  // epochs
  KeptWeights keep = KeptWeights::kBest;
  // Minutes of training after which the run ends and the cosine has come down; 0: by epochs alone. Reproducible only
  // in part: how many steps fit depends on the machine.
  double time_limit_minutes = 0;
  std::string checkpoint_folder;  // empty: no checkpoints
  bool resume = false;            // go on from checkpoint_folder where it holds a checkpoint
  std::string output;             // the trained weights (.safetensors)
  // A patient may be in training and in validation: figures of such a split say nothing about new patients.
  bool allow_shared_patients = false;
  // What the weights' metadata calls patients; by their own names where they are not here.
  std::map<std::string, std::string> published_patients;
  // Into the weights' metadata:
  std::string licence;
  std::string dataset;         // what was trained on, in words
  std::string dataset_sha256;  // hex, over the files' contents
  std::string hepatica_version;
  // Where prepared scans are kept, and drawn from; empty: in memory.
  std::string cache_folder;
  // Decides nothing that is computed: a run may go on with other processes.
  ProcessPlace process;
};

// What a run starts from, of a network with a pretrained part: the lesion network's base, the 3-D network's encoder.
struct PretrainedOptions {
  // A trained network to go on from, `architecture` saying what is to be otherwise; empty: from scratch.
  std::string initial;
  std::string initial_sha256;  // of that file
  // Weights of the pretrained part to begin with; empty: those of `initial`, or none.
  std::string base;
  std::string base_sha256;                 // of that file
  int64_t frozen_epochs = 0;               // in which the pretrained part is held fixed
  double base_learning_rate_factor = 0.1;  // of the pretrained part, after that
};

}  // namespace hepatica
