// What a training run is asked to do. TypeScript validates options and splits patients; the native side receives one
// plan, as JSON, and checks again only what would harm it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ops/preprocess.h"

namespace hepatica {

// A closed outline in one slice, in pixels (pixel centres at integers); slices are named by SOPInstanceUID where the
// image holds it, else by index.
struct LabelPolygon {
  int64_t slice = -1;
  std::string sop_instance_uid;
  bool hole = false;
  std::vector<float> points;  // x0, y0, x1, y1, …
};

// One labelled scan. `label` is a NIfTI mask or a DICOM mask series; where it is empty, `polygons` is the label.
struct TrainingCase {
  std::string patient;
  std::string image;
  std::string label;
  std::vector<int> label_values;  // empty: all non-zero
  std::vector<LabelPolygon> polygons;
  bool validation = false;
};

enum class LearningRateSchedule { kConstant, kCosine };
enum class TrainingPrecision { kAuto, kFp32, kBf16 };
// Which epoch's weights are saved: the best one by the validation score, or the last one, so that figures of the
// validation patients have chosen nothing (out-of-fold evaluation).
enum class KeptWeights { kBest, kLast };

// The paper uses none; every amount is a standard deviation unless said otherwise. No flips: the liver has a side.
struct Augmentation {
  bool enabled = false;
  double scale = 0.08;   // of the logarithm
  double aspect = 0.04;  // of the logarithm
  double rotation_deg = 5;
  double shift_mm = 24;           // uniform in ±shift
  double gamma = 0.15;            // of the logarithm
  double noise = 0;               // uniform in 0…noise, in half of the pictures, of a white level of 1
  double body_box_jitter = 0.02;  // of the box's width or height
};

// How a network with a prior channel meets its own earlier pass while it learns.
struct AutoContext {
  double prior_fraction = 0.5;  // of each mini-batch; the rest starts without a prior
  int64_t first_steps = 40;     // steps before any prior is given
  int levels = 1;               // passes whose maps are kept as priors: 1, or 2 for networks run in three passes
  double corruption = 1;        // mean number of errors painted into a prior (Poisson); 0: none
};

// What every training run is asked for, whatever its network.
struct TrainingRunOptions {
  // JSON: the fields of the network's configuration that differ from the network it starts from; empty: none.
  std::string architecture;
  PreprocessOptions preprocess;
  uint64_t seed = 0;
  int64_t epochs = 200;
  int64_t batch_size = 32;
  // Mini-batches are split into this many parts whose gradients are added up before one step of Adam. Batch norm then
  // sees the parts: 32 by accumulation is not 32 at once.
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
};

struct TrainingOptions : TrainingRunOptions {
  std::string structure = "liver";
  Augmentation augmentation;
  // JSON of a Postprocessing; empty: chosen by the validation patients.
  std::string postprocessing;
  double positive_weight = 1;  // of the structure's class in the cross-entropy
  double dice_weight = 0;      // of a soft Dice term beside the cross-entropy
  // 0: every training slice once an epoch, in a seeded order; else this many, drawn anew.
  int64_t slices_per_epoch = 0;
  bool balance_patients = false;   // draw the patient first, then its slice (needs slices_per_epoch)
  double structure_fraction = 0;   // part of the drawn slices that shows the structure; 0: as they come
  double slice_stride_mm = 0;      // distance of the slices trained on; 0: every slice
  std::vector<int64_t> canvas_px;  // height, width of the training picture on the network's grid; empty: from the data
  AutoContext auto_context;
  double validation_stride_mm = 0;  // distance of the slices validated on; 0: every slice
};

struct TrainingPlan {
  std::vector<TrainingCase> cases;
  TrainingOptions options;
};

// Throws Error INVALID_ARGUMENT naming the field. Keys are the members' names; unknown keys are refused.
TrainingPlan parse_training_plan(const std::string& json);

// The options as JSON, defaults filled in: kept in checkpoints and in the weights' metadata.
std::string options_json(const TrainingOptions& options);

}  // namespace hepatica
