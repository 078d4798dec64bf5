// Where a training computes, and in what arithmetic.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <set>
#include <string>

#include "models/state_dict.h"

namespace torch::nn {
class Module;
}

namespace hepatica {

struct TrainingDevice {
  at::Device tensors = at::kCPU;
  // In the history: "cpu", or "cuda:0 NAME".
  std::string label = "cpu";
  bool bf16 = false;

  bool is_cpu() const { return tensors.is_cpu(); }

  // What was made on the CPU, as this device's: through pinned memory, so that neither waits for the other.
  at::Tensor take(const at::Tensor& made) const;
  void take(torch::nn::Module& network) const;
};

// On the CPU, whatever device they lie on; there they share storage.
StateDict on_cpu(const StateDict& state);

// Computes in bf16 what autocast knows to be safe there, while it lives.
class Autocast {
 public:
  explicit Autocast(const TrainingDevice& device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType type_;
  bool enabled_before_;
  at::ScalarType dtype_before_;
};

// While it lives, what a GPU computes on this thread is computed the same way each time where libtorch can; where it
// cannot, untold() says of which operation. The CPU always does.
class Determinism {
 public:
  explicit Determinism(const TrainingDevice& device);
  ~Determinism();
  Determinism(const Determinism&) = delete;
  Determinism& operator=(const Determinism&) = delete;

  // Those that were met since the last call.
  std::set<std::string> untold();

 private:
  class Switches;
  std::unique_ptr<Switches> switches_;  // null on the CPU
};

}  // namespace hepatica
