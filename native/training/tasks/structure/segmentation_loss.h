// The liver network's loss.
#pragma once

#include <ATen/core/Tensor.h>

#include "training/loop/process_sums.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

// Cross-entropy against the covered part of each pixel, with the options' class weight and Dice term. `log_p` is
// (N, 2, H, W), `target` (N, H, W). Of the items of all processes.
at::Tensor segmentation_loss(const at::Tensor& log_p, const at::Tensor& target, const StructureTrainingOptions& options,
                             const ProcessSum& sum = {});

}  // namespace hepatica
