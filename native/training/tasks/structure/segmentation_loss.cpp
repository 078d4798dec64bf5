#include "training/tasks/structure/segmentation_loss.h"

#include <ATen/TensorOperators.h>

namespace hepatica {

at::Tensor segmentation_loss(const at::Tensor& log_p, const at::Tensor& target, const StructureTrainingOptions& options,
                             const ProcessSum& sum) {
  const at::Tensor inside = log_p.select(1, 1);
  const at::Tensor outside = log_p.select(1, 0);
  at::Tensor loss = mean_over_processes(-(target * inside * options.positive_weight + (1 - target) * outside), sum);
  if (options.dice_weight > 0) {
    const at::Tensor p = inside.exp();
    const auto all = [&](const at::Tensor& values) { return sum_over_processes(values.sum(), sum); };
    const at::Tensor overlap = (2 * all(p * target) + 1) / (all(p) + all(target) + 1);
    loss = loss + options.dice_weight * (1 - overlap);
  }
  return loss;
}

}  // namespace hepatica
