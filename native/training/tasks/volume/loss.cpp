#include "training/tasks/volume/loss.h"

#include <torch/torch.h>

namespace hepatica {
namespace {

// Cells that are added to a structure's, so that a crop without it teaches something too.
constexpr double kSmoothCells = 500;

}  // namespace

VolumeLoss volume_loss(const at::Tensor& logits, const at::Tensor& classes, const VolumeTrainingOptions& options,
                       const ProcessSum& sum) {
  const at::Tensor log_p = at::log_softmax(logits.to(at::kFloat), 1);
  const int64_t count = log_p.size(1);
  // By comparison rather than by gathering, whose gradient a GPU would sum up in any order.
  const at::Tensor channel = at::arange(count, log_p.options().dtype(at::kByte)).view({1, count, 1, 1, 1});
  const at::Tensor right = (classes.unsqueeze(1) == channel).to(at::kFloat);
  const at::Tensor cross_entropy = mean_over_processes(-(log_p * right).sum(1), sum);
  const at::Tensor p = log_p.exp().slice(1, 1).flatten(2);
  const at::Tensor t = right.slice(1, 1).flatten(2);
  const at::Tensor overlap = (2 * (p * t).sum(2) + kSmoothCells) / (p.sum(2) + t.sum(2) + kSmoothCells);
  const at::Tensor dice = 1 - mean_over_processes(overlap, sum);
  VolumeLoss loss;
  loss.total = options.cross_entropy_weight * cross_entropy + options.dice_weight * dice;
  loss.cross_entropy = cross_entropy.detach();
  loss.dice = dice.detach();
  const at::NoGradGuard no_grad;
  loss.accuracy = mean_over_processes(log_p.argmax(1).eq(classes).to(at::kFloat), sum);
  return loss;
}

}  // namespace hepatica
