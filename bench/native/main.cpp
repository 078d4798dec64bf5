// Times the liver network and its convolutions, and the processor's peak beside them; prints one line of JSON.
//   hepatica_bench WEIGHTS SLICES ROWS COLUMNS REPEATS THREADS OUTPUT
// ROWS and COLUMNS are those of the sub-sampled picture. OUTPUT receives the fp32 probability, raw floats, to compare.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "fma_peak.h"
#include "models/fused_conv.h"
#include "models/segmenter_model.h"
#include "runtime/caching_allocator.h"
#include "runtime/cpu_features.h"

namespace {

using namespace hepatica;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

struct Shape {
  int64_t slices;
  int64_t rows;
  int64_t columns;
};

// The same numbers in bench/network.mjs: a hash of the index in order (slice, channel, row, column), 0 to 1.
at::Tensor make_channels(const Shape& shape, int64_t channels, at::ScalarType dtype) {
  const at::Tensor planes = at::empty({shape.slices, channels, shape.rows, shape.columns}, at::kFloat);
  float* values = planes.mutable_data_ptr<float>();
  for (int64_t i = 0; i < planes.numel(); ++i) {
    values[i] = static_cast<float>((static_cast<uint32_t>(i) * 2654435761U) >> 24) / 255.0F;
  }
  const auto options = at::TensorOptions(dtype).memory_format(at::MemoryFormat::ChannelsLast);
  return at::empty(planes.sizes(), options).copy_(planes);
}

std::vector<double> time_ms(int repeats, const std::function<void()>& work) {
  work();
  std::vector<double> times;
  for (int i = 0; i < repeats; ++i) {
    const auto start = Clock::now();
    work();
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return times;
}

json time_network(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats) {
  const LiverCnnInference& network = model.inference(precision);
  const at::Tensor channels = make_channels(shape, model.config().input_channels(), network.dtype());
  return time_ms(repeats, [&] { network.forward(channels); });
}

// The second and third layer and the head: those with 64 input channels and more.
json time_convolutions(const SegmenterModel& model, at::ScalarType dtype, const Shape& shape, int repeats) {
  json layers = json::array();
  const std::array<const char*, 3> names = {"conv2", "conv3", "head"};
  for (size_t i = 0; i < names.size(); ++i) {
    const at::Tensor weight = model.state().at(std::string(names[i]) + ".weight").to(at::kFloat);
    const int64_t dilation = i < 2 ? model.config().dilations[i + 1] : 1;
    const at::Tensor bias = at::zeros({weight.size(0)}, at::kFloat);
    const FusedConv convolution(weight, bias, dilation, i < 2, dtype, shape.rows, shape.columns);
    const at::Tensor input = make_channels(shape, weight.size(1), dtype);
    const auto cells = static_cast<double>(shape.slices * shape.rows * shape.columns);
    layers.push_back({{"name", names[i]},
                      {"shape", weight.sizes().vec()},
                      {"gflop", 2e-9 * cells * static_cast<double>(weight.numel())},
                      {"ms", time_ms(repeats, [&] { convolution(input); })}});
  }
  return layers;
}

void write_probability(const SegmenterModel& model, const Shape& shape, const std::string& path) {
  const LiverCnnInference& network = model.inference(Precision::kFp32);
  const at::Tensor channels = make_channels(shape, model.config().input_channels(), at::kFloat);
  const at::Tensor probability = network.forward(channels).contiguous();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(probability.const_data_ptr<float>()),
             static_cast<std::streamsize>(probability.nbytes()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "usage: hepatica_bench WEIGHTS SLICES ROWS COLUMNS REPEATS THREADS OUTPUT\n";
    return 2;
  }
  install_caching_allocator();
  const c10::InferenceMode inference_mode;
  const auto model = SegmenterModel::load(argv[1]);
  const Shape shape = {std::stoll(argv[2]), std::stoll(argv[3]), std::stoll(argv[4])};
  const int repeats = std::stoi(argv[5]);
  const int threads = std::stoi(argv[6]);
  at::set_num_threads(threads);
  const bench::FmaPeak peak = bench::measure_fma_peak(threads, 1.0);
  json result = {{"threads", threads},
                 {"channels", model->config().input_channels()},
                 {"gflop", static_cast<double>(shape.slices) * model->config().flop(shape.rows * shape.columns) / 1e9},
                 {"peak", {{"fp32", peak.fp32_gflops}, {"bf16", peak.bf16_gflops}}},
                 {"fp32", time_network(*model, Precision::kFp32, shape, repeats)},
                 {"fp32_convolutions", time_convolutions(*model, at::kFloat, shape, repeats)}};
  if (cpu_has_bf16()) {
    result["bf16"] = time_network(*model, Precision::kBf16, shape, repeats);
    result["bf16_convolutions"] = time_convolutions(*model, at::kBFloat16, shape, repeats);
  }
  write_probability(*model, shape, argv[7]);
  std::cout << result.dump() << "\n";
  return 0;
}
