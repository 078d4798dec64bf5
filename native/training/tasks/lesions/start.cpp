#include "training/tasks/lesions/start.h"

#include "core/error.h"
#include "models/base_model.h"
#include "models/layers/folded_weights.h"
#include "models/lesion_model.h"
#include "training/loop/architecture.h"

namespace hepatica {
namespace {

// What is held fixed would see other pictures than it learned from.
void check_preprocessing(const LesionTrainingOptions& options, const LesionModel& initial) {
  const PreprocessOptions& wanted = options.preprocess;
  const PreprocessOptions& learned = initial.preprocessing();
  const bool same =
      wanted.hu_min == learned.hu_min && wanted.hu_max == learned.hu_max && wanted.equalization == learned.equalization;
  if (same || options.freeze == FrozenPart::kNone) return;
  throw Error("INVALID_ARGUMENT",
              "Expected the window and equalization to be the initial network's where a part of it is held fixed: " +
                  initial.metadata().at("preprocessing"),
              initial.path(), "preprocess", "Leave them as they were, or train all of the network");
}

// Its layers are no part of what is trained.
void check_location3d(const LesionStart& start, const std::string& file) {
  if (!start.config.location3d) return;
  if (start.location3d.empty()) {
    throw Error("INVALID_ARGUMENT",
                "Expected location3d to be left out where the initial network has none, received it", {},
                "architecture", "Start from weights that have a 3-D network: it is carried along as it is");
  }
  check_weights(lesion3d_layers(*start.config.location3d), start.location3d, "this 3-D lesion network", file);
}

}  // namespace

LesionStart lesion_start(const LesionTrainingOptions& options, const LoadedWeights& loaded) {
  LesionStart start;
  if (!options.initial.empty()) {
    const auto initial = loaded.initial ? loaded.initial : LesionModel::load(options.initial);
    check_preprocessing(options, *initial);
    start.config = initial->config();
    for (const auto& [name, tensor] : initial->state()) {
      (name.starts_with(Lesion3dConfig::kPrefix) ? start.location3d : start.weights)[name] = tensor;
    }
  }
  start.config = with_architecture(start.config, options.architecture);
  check_location3d(start, options.initial);
  if (!options.base.empty()) {
    const int64_t stages = start.config.base_stages;
    start.base = loaded.base ? loaded.base->first_stages(stages) : load_base(options.base, stages).state;
  }
  return start;
}

}  // namespace hepatica
