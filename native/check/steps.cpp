#include "check/steps.h"

namespace hepatica::check {

StepLog train_steps(torch::nn::Module& network, int steps, double learning_rate,
                    const std::function<at::Tensor(int step)>& loss) {
  network.train();
  torch::optim::Adam adam(network.parameters(), torch::optim::AdamOptions(learning_rate).betas({0.9, 0.999}).eps(1e-8));
  StepLog log;
  for (int step = 0; step < steps; ++step) {
    adam.zero_grad();
    const at::Tensor value = loss(step);
    value.backward();
    log.losses.push_back(value.item<double>());
    if (step == 0) {
      for (const auto& item : network.named_parameters()) {
        const at::Tensor& gradient = item.value().grad();
        if (gradient.defined()) log.gradients[item.key()] = gradient.detach().cpu().clone();
      }
    }
    adam.step();
  }
  for (const auto& [name, tensor] : state_of(network)) log.weights[name] = tensor.detach().cpu().clone();
  return log;
}

}  // namespace hepatica::check
