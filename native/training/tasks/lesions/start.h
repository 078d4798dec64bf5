// Where a training run of the lesion network begins.
#pragma once

#include "models/mdl_cnn/config.h"
#include "models/state_dict.h"
#include "training/tasks/lesions/plan.h"

namespace hepatica {

struct LesionStart {
  MdlCnnConfig config;
  // Of the initial network; none: from scratch.
  StateDict weights;
};

// The initial network, or the default one, with what the options' architecture says otherwise. Throws WRONG_MODEL for
// fields that are none, and as LesionModel::load does; INVALID_ARGUMENT where a part that is held fixed learned from
// pictures that were prepared otherwise.
LesionStart lesion_start(const LesionTrainingOptions& options);

}  // namespace hepatica
