// The lesion network's loss: cross-entropy on both channels (paper, Materials and methods).
#pragma once

#include <ATen/core/Tensor.h>

#include "models/mdl_cnn/module.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/sampler.h"

namespace hepatica {

struct LesionLoss {
  at::Tensor total;
  double location = 0;
  double classes = 0;  // 0 where no pixel has a known type
  double right = 0;    // liver pixels located rightly
  double pixels = 0;   // liver pixels
};

// The location counts pixels inside the liver, the class those of lesions of a known type, in the items whose classes
// the output holds. Pixels outside the liver teach nothing.
LesionLoss lesion_loss(const MdlOutput& output, const at::Tensor& classified, const LesionBatch& batch,
                       const LesionTrainingOptions& options);

// Indices of the items that show lesions of a known type; none where the types are not learned.
at::Tensor classified_items(const LesionBatch& batch, const LesionTrainingOptions& options);

}  // namespace hepatica
