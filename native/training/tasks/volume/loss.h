// A 3-D segmenter's loss: cross-entropy over all cells, and a soft Dice of each structure.
#pragma once

#include <ATen/core/Tensor.h>

#include "training/loop/process_sums.h"
#include "training/tasks/volume/plan.h"

namespace hepatica {

// Scalars.
struct VolumeLoss {
  at::Tensor total;
  // Without gradients.
  at::Tensor cross_entropy;
  at::Tensor dice;      // 1 - Dice, the mean over structures and items
  at::Tensor accuracy;  // part of the cells that are given their class
};

// `logits` (N, classes, z, y, x), `classes` (N, z, y, x) uint8. Of the items of all processes.
VolumeLoss volume_loss(const at::Tensor& logits, const at::Tensor& classes, const VolumeTrainingOptions& options,
                       const ProcessSum& sum = {});

}  // namespace hepatica
