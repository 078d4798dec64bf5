#include "training/tasks/lesions/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <vector>

namespace hepatica {
namespace {

at::Tensor location_loss(const at::Tensor& log_p, const LesionBatch& batch, const LesionTrainingOptions& options,
                         const ProcessSum& sum) {
  const auto all = [&](const at::Tensor& values) { return sum_over_processes(values.sum(), sum); };
  const at::Tensor lesion = log_p.select(1, 1);
  const at::Tensor& target = batch.lesion;
  const at::Tensor& liver = batch.liver;
  const at::Tensor entropy = -(target * lesion * options.positive_weight + (1 - target) * log_p.select(1, 0));
  at::Tensor loss = all(entropy * liver) / all(liver).clamp_min(1);
  if (options.dice_weight > 0) {
    const at::Tensor p = lesion.exp() * liver;
    const at::Tensor inside = target * liver;
    const at::Tensor overlap = (2 * all(p * inside) + 1) / (all(p) + all(inside) + 1);
    loss = loss + options.dice_weight * (1 - overlap);
  }
  return loss;
}

// Of each type, what its pixels weigh: by comparison on a GPU, which would count up in any order.
at::Tensor weight_by_type(const at::Tensor& channel, const at::Tensor& known, const at::Tensor& weight) {
  if (weight.is_cpu()) return at::bincount(channel.masked_select(known), weight.masked_select(known), kLesionTypes);
  std::vector<at::Tensor> sums;
  for (int64_t type = 0; type < kLesionTypes; ++type) sums.push_back((weight * (channel == type)).sum());
  return at::stack(sums);
}

// Every picture counts alike, whatever the size of its lesions; balanced: so does every type that occurs.
at::Tensor class_loss(const at::Tensor& log_p, const at::Tensor& types, bool balance, const ProcessSum& sum) {
  const at::Tensor known = types >= 0;
  const at::Tensor channel = types.clamp_min(0);
  const at::Tensor entropy = -log_p.gather(1, channel.unsqueeze(1)).squeeze(1);
  at::Tensor weight = known.to(at::kFloat);
  weight = weight / weight.sum({1, 2}, true).clamp_min(1);
  if (balance) {
    const at::Tensor sums = sum_over_processes(weight_by_type(channel, known, weight).to(at::kFloat), sum);
    weight = weight / sums.clamp_min(1e-6).index_select(0, channel.view(-1)).view_as(channel);
  }
  return sum_over_processes((entropy * weight).sum(), sum) / sum_over_processes(weight.sum(), sum).clamp_min(1e-12);
}

}  // namespace

at::Tensor classified_items(const at::Tensor& types, const LesionTrainingOptions& options) {
  if (options.class_weight <= 0) return at::empty({0}, at::kLong);
  return (types >= 0).flatten(1).any(1).nonzero().view(-1);
}

LesionLoss lesion_loss(const MdlOutput& output, const at::Tensor& classified, const LesionBatch& batch,
                       const LesionTrainingOptions& options, const ProcessSum& sum) {
  const at::Tensor log_p = at::log_softmax(output.location.to(at::kFloat), 1);
  LesionLoss loss;
  loss.total = location_loss(log_p, batch, options, sum);
  loss.location = loss.total.detach();
  loss.classes = at::zeros_like(loss.location);
  if (options.class_weight > 0 && output.classes.defined()) {
    const at::Tensor types = batch.types.index_select(0, classified);
    const at::Tensor classes =
        class_loss(at::log_softmax(output.classes.to(at::kFloat), 1), types, options.balance_classes, sum);
    loss.classes = classes.detach();
    loss.total = loss.total + options.class_weight * classes;
  }
  const at::NoGradGuard no_grad;
  const at::Tensor right =
      (log_p.select(1, 1) > log_p.select(1, 0)).eq(batch.lesion > 0.5).logical_and(batch.liver > 0);
  loss.right = sum_over_processes(right.sum().to(at::kDouble), sum);
  loss.pixels = sum_over_processes(batch.liver.sum().to(at::kDouble), sum);
  return loss;
}

}  // namespace hepatica
