#include "training/loop/optimization.h"

#include <doctest/doctest.h>

using namespace hepatica;

namespace {

// Two parameters with learning rates of their own, one of them without a gradient in every other step.
class TwoParameters : public TrainingTask {
 public:
  TwoParameters() {
    torch::manual_seed(3);
    slow_ = module_.register_parameter("slow", at::randn({4, 5}));
    fast_ = module_.register_parameter("fast", at::randn({7}));
  }

  const TrainingDevice& device() const override { return device_; }
  torch::nn::Module& network() override { return module_; }
  torch::nn::Module& average() override { return module_; }
  int64_t steps_per_epoch() const override { return 1; }
  std::unique_ptr<TrainingBatch> draw(int64_t, int64_t) override { return nullptr; }
  double rate_factor(const std::string& name) const override { return name == "slow" ? 0.1 : 1; }
  bool has_validation() const override { return false; }
  void validate(bool, EpochRecord&, Run&) override {}

  // After some steps of Adam.
  StateDict train(bool fused, int steps) {
    RatedAdam adam = make_adam(*this, 1e-2);
    adam.fused = fused;
    for (int step = 0; step < steps; ++step) {
      adam.set_learning_rate(1e-2 / (1 + step));
      adam.optimizer.zero_grad();
      at::Tensor loss = (fast_ * fast_).sum();
      if (step % 2 == 0) loss = loss + (slow_ * fast_.sum()).pow(2).sum();
      loss.backward();
      adam.step();
    }
    StateDict state = adam_state(adam.optimizer, module_);
    state["slow"] = slow_.detach();
    state["fast"] = fast_.detach();
    return state;
  }

 private:
  TrainingDevice device_;
  torch::nn::Module module_;
  at::Tensor slow_, fast_;
};

}  // namespace

TEST_CASE("a long gradient is shortened, a short one is left alone") {
  torch::nn::Module module;
  at::Tensor a = module.register_parameter("a", at::zeros({2}));
  at::Tensor b = module.register_parameter("b", at::zeros({1}));
  module.register_parameter("without", at::zeros({1}));
  a.mutable_grad() = at::tensor({3.0F, 0.0F});
  b.mutable_grad() = at::tensor({4.0F});
  limit_gradient(module, 6);
  CHECK(a.grad().equal(at::tensor({3.0F, 0.0F})));
  limit_gradient(module, 1);
  CHECK(a.grad()[0].item<float>() == doctest::Approx(0.6).epsilon(1e-4));
  CHECK(b.grad()[0].item<float>() == doctest::Approx(0.8).epsilon(1e-4));
}

TEST_CASE("the GPU's way through Adam is Adam") {
  TwoParameters one, other;
  const StateDict expected = one.train(false, 7);
  const StateDict fused = other.train(true, 7);
  REQUIRE(fused.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    CAPTURE(name);
    CHECK(at::allclose(fused.at(name).to(at::kFloat), tensor.to(at::kFloat), 1e-5, 1e-7));
  }
  CHECK(fused.at("step.slow").item<int64_t>() == 4);
  CHECK(fused.at("step.fast").item<int64_t>() == 7);
}
