// The device that is checked, and with what: a GPU, or the CPU in its place.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace hepatica::check {

struct Target {
  at::Device device = at::kCPU;
  std::string weights;         // the liver network's file
  std::string kernels;         // libhepatica_cuda.so; empty: beside the program
  std::string kernel_timings;  // the library that times the kernels; empty: they are not timed
  // Name of the part that is made wrong on purpose, so that a test sees it fail; empty: none.
  std::string planted;
  // Less of everything: for tests on a CPU.
  bool quick = false;

  bool on_gpu() const { return device.is_cuda(); }
  bool plants(const std::string& part) const { return planted == part; }
  // Returns when all that was queued on the device is done.
  void synchronize() const;
};

// Fixes what computes in fp32 and in which order while it lives: no TF32, only algorithms whose results are the same
// each time. An operation that has no such algorithm throws, naming itself; where `tolerant`, it computes all the same.
class Determinism {
 public:
  explicit Determinism(bool tolerant = false);
  ~Determinism();
  Determinism(const Determinism&) = delete;
  Determinism& operator=(const Determinism&) = delete;
};

// Products of matrices in TF32, or in fp32.
void allow_tf32(bool allowed);

}  // namespace hepatica::check
