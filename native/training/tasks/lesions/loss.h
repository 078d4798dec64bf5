// The lesion network's loss: cross-entropy on both channels (paper, Materials and methods).
#pragma once

#include <ATen/core/Tensor.h>

#include "models/mdl_cnn/module.h"
#include "training/loop/process_sums.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/sampler.h"

namespace hepatica {

// Scalars.
struct LesionLoss {
  at::Tensor total;
  // Without gradients.
  at::Tensor location;
  at::Tensor classes;  // 0 where no pixel has a known type
  at::Tensor right;    // liver pixels located rightly
  at::Tensor pixels;   // liver pixels
};

// The location counts pixels inside the liver, the class those of lesions of a known type, in the items whose classes
// the output holds. Pixels outside the liver teach nothing. Of the items of all processes.
LesionLoss lesion_loss(const MdlOutput& output, const at::Tensor& classified, const LesionBatch& batch,
                       const LesionTrainingOptions& options, const ProcessSum& sum = {});

// Indices of the items whose `types` (LesionBatch) show lesions of a known type; none where the types are not learned.
at::Tensor classified_items(const at::Tensor& types, const LesionTrainingOptions& options);

}  // namespace hepatica
