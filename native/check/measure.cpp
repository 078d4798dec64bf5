#include "check/measure.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/record_function.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <string>

namespace hepatica::check {
namespace {

constexpr int kWarmUps = 2;
constexpr int kRepeats = 5;

// Multiply-adds a value of a convolution's output takes: known before it runs, when its inputs are.
struct ConvolutionSize : at::ObserverContext {
  double products = 0;
};

double& counted_flop() {
  static thread_local double flop = 0;
  return flop;
}

bool is_convolution(const at::RecordFunction& function) { return std::string(function.name()) == "aten::convolution"; }

std::unique_ptr<at::ObserverContext> before_operation(const at::RecordFunction& function) {
  auto size = std::make_unique<ConvolutionSize>();
  if (is_convolution(function)) {
    const at::Tensor weight = function.inputs()[1].toTensor();
    size->products = static_cast<double>(weight.numel() / weight.size(0));
  }
  return size;
}

void after_operation(const at::RecordFunction& function, at::ObserverContext* context) {
  if (!is_convolution(function)) return;
  const at::Tensor output = function.outputs().at(0).toTensor();
  counted_flop() += 2 * static_cast<double>(output.numel()) * static_cast<ConvolutionSize*>(context)->products;
}

double matrix_product(const Target& target, at::ScalarType dtype) {
  const int64_t side = target.on_gpu() ? 8192 : 512;
  const at::Tensor a = at::randn({side, side}, at::TensorOptions(target.device)).to(dtype);
  const at::Tensor b = at::randn({side, side}, at::TensorOptions(target.device)).to(dtype);
  at::Tensor c = at::empty_like(a);
  const double seconds = seconds_of(target, [&] { at::mm_out(c, a, b); });
  return 2.0 * static_cast<double>(side) * static_cast<double>(side) * static_cast<double>(side) / seconds;
}

std::string tflops(double flop_per_second) { return with_unit(flop_per_second / 1e12, "TFLOP/s"); }

}  // namespace

double seconds_of(const Target& target, const std::function<void()>& work) {
  for (int i = 0; i < (target.quick ? 1 : kWarmUps); ++i) work();
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < (target.quick ? 1 : kRepeats); ++i) {
    target.synchronize();
    const auto start = std::chrono::steady_clock::now();
    work();
    target.synchronize();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

double flop_of(const std::function<void()>& work) {
  counted_flop() = 0;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(before_operation, after_operation)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
  work();
  at::removeCallback(handle);
  return counted_flop();
}

Peaks measure_peaks(const Target& target, Report& report) {
  const int64_t bytes = target.on_gpu() ? int64_t{1} << 30 : int64_t{1} << 26;
  const at::Tensor source = at::zeros({bytes}, at::TensorOptions(target.device).dtype(at::kByte));
  at::Tensor copy = at::empty_like(source);
  const double seconds = seconds_of(target, [&] { copy.copy_(source); });
  report.figure("copy on the device, read + written",
                with_unit(2.0 * static_cast<double>(bytes) / seconds / 1e9, "GB/s"));
  Peaks peaks;
  peaks.bf16 = matrix_product(target, at::kBFloat16);
  report.figure("matrix product, bf16", tflops(peaks.bf16));
  peaks.fp32 = matrix_product(target, at::kFloat);
  report.figure("matrix product, fp32 (TF32 off)", tflops(peaks.fp32));
  allow_tf32(true);
  report.figure("matrix product, TF32", tflops(matrix_product(target, at::kFloat)));
  allow_tf32(false);
  return peaks;
}

double peak_gigabytes(const Target& target) {
  if (!target.on_gpu()) return 0;
  const auto stats = at::accelerator::getDeviceStats(target.device.index());
  const auto all = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return static_cast<double>(stats.allocated_bytes[all].peak) / 1e9;
}

void forget_peak_memory(const Target& target) {
  if (target.on_gpu()) at::accelerator::resetPeakStats(target.device.index());
}

}  // namespace hepatica::check
