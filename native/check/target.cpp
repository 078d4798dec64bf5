#include "check/target.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>

namespace hepatica::check {

void Target::synchronize() const {
  if (on_gpu()) at::accelerator::synchronizeDevice(device.index());
}

void require_determinism(bool tolerant) {
  at::Context& context = at::globalContext();
  context.setAllowTF32CuDNN(false);
  context.setAllowTF32CuBLAS(false);
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  context.setDeterministicAlgorithms(true, tolerant);
  // Filling fresh memory helps to find reads of it, not to repeat a result, and takes time.
  context.setDeterministicFillUninitializedMemory(false);
}

}  // namespace hepatica::check
