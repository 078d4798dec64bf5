#include "timing.h"

#include <ATen/ops/empty.h>

#include <chrono>

#include "models/layers/layers.h"
#include "models/layers/packed_conv.h"

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

at::Tensor make_channels(at::IntArrayRef sizes, at::ScalarType dtype) {
  const at::Tensor planes = at::empty(sizes, at::kFloat);
  float* values = planes.mutable_data_ptr<float>();
  for (int64_t i = 0; i < planes.numel(); ++i) {
    values[i] = static_cast<float>((static_cast<uint32_t>(i) * 2654435761U) >> 24) / 255.0F;
  }
  return channels_last(planes, at::kCPU, dtype);
}

nlohmann::json time_convolution(const RecordedConv& layer, const FoldedConv& weights, at::ScalarType dtype,
                                int repeats) {
  const PackedConv convolution(layer, weights, dtype);
  const at::Tensor input = make_channels(layer.input, dtype);
  return {{"name", layer.layer.name},
          {"shape", weights.weight.sizes().vec()},
          {"gflop", 2e-9 * layer.positions() * static_cast<double>(weights.weight.numel())},
          {"ms", time_ms(repeats, [&] { convolution(input); })}};
}

}  // namespace hepatica::bench
