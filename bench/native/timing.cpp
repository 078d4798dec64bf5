#include "timing.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <chrono>

#include "models/fused_conv.h"

namespace hepatica::bench {

std::vector<double> time_ms(int repeats, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  work();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return times;
}

at::Tensor make_channels(const Shape& shape, int64_t channels, at::ScalarType dtype) {
  const at::Tensor planes = at::empty({shape.slices, channels, shape.rows, shape.columns}, at::kFloat);
  float* values = planes.mutable_data_ptr<float>();
  for (int64_t i = 0; i < planes.numel(); ++i) {
    values[i] = static_cast<float>((static_cast<uint32_t>(i) * 2654435761U) >> 24) / 255.0F;
  }
  const auto options = at::TensorOptions(dtype).memory_format(at::MemoryFormat::ChannelsLast);
  return at::empty(planes.sizes(), options).copy_(planes);
}

nlohmann::json time_convolution(const std::string& name, const at::Tensor& weight, bool relu, int64_t dilation,
                                at::ScalarType dtype, const Shape& shape, int repeats) {
  const at::Tensor bias = at::zeros({weight.size(0)}, at::kFloat);
  const FusedConv convolution(weight.to(at::kFloat), bias, dilation, relu, dtype, shape.rows, shape.columns);
  const at::Tensor input = make_channels(shape, weight.size(1), dtype);
  const auto cells = static_cast<double>(shape.slices * shape.rows * shape.columns);
  return {{"name", name},
          {"shape", weight.sizes().vec()},
          {"gflop", 2e-9 * cells * static_cast<double>(weight.numel())},
          {"ms", time_ms(repeats, [&] { convolution(input); })}};
}

}  // namespace hepatica::bench
