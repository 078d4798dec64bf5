#include "training/loop/training_device.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <c10/util/Exception.h>
#include <doctest/doctest.h>

using namespace hepatica;

namespace {

// No tensor is put there.
TrainingDevice a_gpu() { return {.tensors = at::Device(at::kCUDA, 0), .label = "cuda:0 A GPU", .bf16 = true}; }

}  // namespace

TEST_CASE("what a GPU cannot compute the same way twice is told by its name, once") {
  at::Context& context = at::globalContext();
  REQUIRE_FALSE(context.deterministicAlgorithms());
  {
    Determinism determinism(a_gpu());
    CHECK(context.deterministicAlgorithms());
    CHECK(determinism.untold().empty());
    at::Context::alertNotDeterministic("upsample_backward");
    at::Context::alertNotDeterministic("max_pool_backward");
    at::Context::alertNotDeterministic("upsample_backward");
    CHECK(determinism.untold() == std::set<std::string>{"max_pool_backward", "upsample_backward"});
    CHECK(determinism.untold().empty());
  }
  CHECK_FALSE(context.deterministicAlgorithms());
}

TEST_CASE("the CPU's way is left as it is") {
  Determinism determinism(TrainingDevice{});
  CHECK_FALSE(at::globalContext().deterministicAlgorithms());
  CHECK(determinism.untold().empty());
}

TEST_CASE("what is made on the CPU is the CPU's without a copy") {
  const at::Tensor made = at::rand({2, 3});
  CHECK(TrainingDevice{}.take(made).is_same(made));
  const StateDict state = on_cpu({{"a", made}});
  CHECK(state.at("a").is_same(made));
}

TEST_CASE("autocast is the device's own, and ends with its scope") {
  {
    const Autocast autocast(a_gpu());
    CHECK(at::autocast::is_autocast_enabled(at::kCUDA));
    CHECK((at::autocast::get_autocast_dtype(at::kCUDA) == at::kBFloat16));
    CHECK_FALSE(at::autocast::is_autocast_enabled(at::kCPU));
  }
  CHECK_FALSE(at::autocast::is_autocast_enabled(at::kCUDA));
}
