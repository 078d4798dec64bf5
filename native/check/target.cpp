#include "check/target.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/util/Exception.h>

namespace hepatica::check {
namespace {

// libtorch tells of each call of an operation that is not deterministic.
class Silence : public c10::WarningHandler {
 public:
  void process(const c10::Warning& /*warning*/) override {}
};

}  // namespace

void Target::synchronize() const {
  if (on_gpu()) at::accelerator::synchronizeDevice(device.index());
}

void allow_tf32(bool allowed) {
  const at::Float32Precision precision = allowed ? at::Float32Precision::TF32 : at::Float32Precision::IEEE;
  for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::RNN, at::Float32Op::MATMUL}) {
    at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, op, precision);
  }
}

Determinism::Determinism(bool tolerant) {
  static Silence silence;
  c10::WarningUtils::set_warning_handler(&silence);
  allow_tf32(false);
  at::Context& context = at::globalContext();
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  context.setDeterministicAlgorithms(true, tolerant);
  // Filling fresh memory helps to find reads of it, not to repeat a result, and takes time.
  context.setDeterministicFillUninitializedMemory(false);
}

Determinism::~Determinism() { at::globalContext().setDeterministicAlgorithms(false, false); }

}  // namespace hepatica::check
