#include "runtime/compute_mode.h"

#include <ATen/Context.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace hepatica {
namespace {

// How soon one that waits notices that its run was cancelled.
constexpr std::chrono::milliseconds kCancelPoll{20};

// Those that compute now, all in one mode.
struct Mode {
  std::mutex mutex;
  std::condition_variable changed;
  int holders = 0;
  bool tf32 = false;

  static Mode& of_process() {
    static Mode mode;
    return mode;
  }
};

void set_switches(bool tf32) {
  at::Context& context = at::globalContext();
  const at::Float32Precision precision = tf32 ? at::Float32Precision::TF32 : at::Float32Precision::IEEE;
  for (const at::Float32Op op : {at::Float32Op::CONV, at::Float32Op::RNN, at::Float32Op::MATMUL}) {
    context.setFloat32Precision(at::Float32Backend::CUDA, op, precision);
  }
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

}  // namespace

ComputeMode::ComputeMode(const ComputeDevice& device, Precision precision, const Run& run)
    : holds_(device.tensors.is_cuda()) {
  if (!holds_) return;
  const bool tf32 = precision == Precision::kTf32;
  Mode& mode = Mode::of_process();
  std::unique_lock lock(mode.mutex);
  while (mode.holders > 0 && mode.tf32 != tf32) {
    run.check_cancelled();
    mode.changed.wait_for(lock, kCancelPoll);
  }
  if (mode.holders == 0) set_switches(tf32);
  mode.tf32 = tf32;
  ++mode.holders;
}

ComputeMode::~ComputeMode() {
  if (!holds_) return;
  Mode& mode = Mode::of_process();
  const std::lock_guard lock(mode.mutex);
  --mode.holders;
  mode.changed.notify_all();
}

}  // namespace hepatica
