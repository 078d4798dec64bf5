#include "training/loop/training_task.h"

#include <torch/nn/module.h>

#include "models/layers/trained_layers.h"

namespace hepatica {

void TrainingTask::join(Communicator& communicator) {
  communicator_ = &communicator;
  if (communicator.size() == 1) return;
  communicator.compute_on(device().tensors);
  sum_ = [&communicator](const at::Tensor& tensor) { communicator.all_reduce_sum(tensor); };
  network().apply([this](torch::nn::Module& module) {
    if (auto* const layers = dynamic_cast<TrainedLayers*>(&module)) layers->synchronize(sum_);
  });
}

}  // namespace hepatica
