// Batch norm in training whose statistics are those of all processes' items together: as if one process had them all.
#pragma once

#include "models/layers/process_sum.h"

namespace hepatica {

struct NormStatistics {
  at::Tensor running_mean, running_var;  // updated
  double momentum;
  double epsilon;
};

// `sum` has to live until the backward pass is done. The gradients of weight and bias are those of this process' items;
// x may hold no item.
at::Tensor synchronized_batch_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                   const NormStatistics& statistics, const ProcessSum& sum);

}  // namespace hepatica
