// libtorch's process-wide switches for what a GPU computes with, held while a network computes: single precision that
// is single, and the same bytes each time.
#pragma once

#include "runtime/device.h"
#include "runtime/precision.h"

namespace hepatica {

// From the construction, which waits while a GPU computes in another mode (tf32 or not) and throws Cancelled where the
// run is cancelled meanwhile, to the destruction. cuDNN takes deterministic algorithms alone and tries none out. On the
// CPU there is nothing to switch.
class ComputeMode {
 public:
  ComputeMode(const ComputeDevice& device, Precision precision, const Run& run);
  ~ComputeMode();
  ComputeMode(const ComputeMode&) = delete;
  ComputeMode& operator=(const ComputeMode&) = delete;

 private:
  bool holds_;
};

}  // namespace hepatica
