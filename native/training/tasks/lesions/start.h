// Where a training run of the lesion network begins.
#pragma once

#include <memory>

#include "models/mdl_cnn/config.h"
#include "models/state_dict.h"
#include "training/tasks/lesions/plan.h"

namespace hepatica {

class BaseModel;
class LesionModel;

// What the caller has loaded of the files that the options name; null: the file is read.
struct LoadedWeights {
  std::shared_ptr<const LesionModel> initial;
  std::shared_ptr<const BaseModel> base;
};

struct LesionStart {
  MdlCnnConfig config;
  // Of the initial network's MDL-CNN; none: from scratch.
  StateDict weights;
  // Of the initial network's 3-D network, which is carried along as it is; none: it has none.
  StateDict location3d;
  // ResNet101's, as far as the configuration has it; none: as in `weights`, or from scratch.
  StateDict base;
};

// The initial network, or the default one, with what the options' architecture says otherwise. Throws WRONG_MODEL for
// fields that are none, and as LesionModel::load and load_base do; INVALID_ARGUMENT where a part that is held fixed
// learned from pictures that were prepared otherwise, and for a 3-D network that the initial one does not have.
LesionStart lesion_start(const LesionTrainingOptions& options, const LoadedWeights& loaded = {});

}  // namespace hepatica
