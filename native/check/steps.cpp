#include "check/steps.h"

#include <algorithm>

namespace hepatica::check {
namespace {

StateDict copied(const StateDict& state) {
  const at::NoGradGuard no_grad;
  StateDict copy;
  for (const auto& [name, tensor] : state) copy[name] = tensor.detach().to(at::kCPU, tensor.scalar_type(), false, true);
  return copy;
}

StateDict gradients_of(const torch::nn::Module& network) {
  StateDict gradients;
  for (const auto& item : network.named_parameters()) {
    if (item.value().grad().defined()) gradients[item.key()] = item.value().grad();
  }
  return copied(gradients);
}

torch::optim::Adam adam_of(torch::nn::Module& network, double learning_rate) {
  return torch::optim::Adam(network.parameters(),
                            torch::optim::AdamOptions(learning_rate).betas({0.9, 0.999}).eps(1e-8));
}

Step compute(const Learner& learner, int index) {
  learner.network->train();
  learner.network->zero_grad();
  Step step;
  step.before = copied(state_of(*learner.network));
  at::Tensor loss = learner.loss(index);
  loss.backward();
  if (learner.sum) {
    loss = loss.detach().clone();
    learner.sum(loss);
    for (const at::Tensor& parameter : learner.network->parameters()) learner.sum(parameter.grad());
  }
  step.loss = loss.item<double>();
  step.gradients = gradients_of(*learner.network);
  return step;
}

}  // namespace

std::vector<double> Steps::losses() const {
  std::vector<double> values;
  for (const Step& step : steps) values.push_back(step.loss);
  return values;
}

Steps train(const Learner& learner, int steps, double learning_rate) {
  torch::optim::Adam adam = adam_of(*learner.network, learning_rate);
  Steps taken;
  for (int index = 0; index < steps; ++index) {
    taken.steps.push_back(compute(learner, index));
    adam.step();
  }
  taken.after = copied(state_of(*learner.network));
  return taken;
}

Step repeat(const Learner& learner, const Step& step, int index) {
  load_state(*learner.network, step.before, "the network of this check");
  return compute(learner, index);
}

StateDict first_update(const Learner& learner, const Step& step, double learning_rate) {
  load_state(*learner.network, step.before, "the network of this check");
  torch::optim::Adam adam = adam_of(*learner.network, learning_rate);
  for (auto& item : learner.network->named_parameters()) {
    const auto gradient = step.gradients.find(item.key());
    if (gradient != step.gradients.end()) item.value().mutable_grad() = gradient->second.to(item.value().device());
  }
  adam.step();
  return copied(state_of(*learner.network));
}

}  // namespace hepatica::check
