// The liver network's loss.
#pragma once

#include <ATen/core/Tensor.h>

#include "training/tasks/structure/plan.h"

namespace hepatica {

// Cross-entropy against the covered part of each pixel, with the options' class weight and Dice term. `log_p` is
// (N, 2, H, W), `target` (N, H, W).
at::Tensor segmentation_loss(const at::Tensor& log_p, const at::Tensor& target,
                             const StructureTrainingOptions& options);

}  // namespace hepatica
