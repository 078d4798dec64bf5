// Times a network and its convolutions, and the processor's peak beside them; prints one line of JSON.
//   hepatica_bench WEIGHTS SLICES ROWS COLUMNS REPEATS THREADS OUTPUT [location3d]
// SLICES, ROWS and COLUMNS are those of the network's input. OUTPUT receives its fp32 probabilities. location3d: of
// a lesion network's file the 3-D network.
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <iostream>

#include "fma_peak.h"
#include "models/registry.h"
#include "networks.h"
#include "platform/cpu_features.h"
#include "runtime/caching_allocator.h"

namespace {

using namespace hepatica;
using nlohmann::json;

template <class Model>
json measure(const Model& model, const bench::Shape& shape, int repeats, const std::string& output) {
  json result = {{"fp32", bench::time_network(model, Precision::kFp32, shape, repeats)}};
  if (cpu_has_bf16()) result["bf16"] = bench::time_network(model, Precision::kBf16, shape, repeats);
  bench::write_outputs(model, shape, output);
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8 && argc != 9) {
    std::cerr << "usage: hepatica_bench WEIGHTS SLICES ROWS COLUMNS REPEATS THREADS OUTPUT [location3d]\n";
    return 2;
  }
  install_caching_allocator();
  const c10::InferenceMode inference_mode;
  const auto model = load_network_model(argv[1]);
  const bench::Shape shape = {std::stoll(argv[2]), std::stoll(argv[3]), std::stoll(argv[4])};
  const int repeats = std::stoi(argv[5]);
  const int threads = std::stoi(argv[6]);
  at::set_num_threads(threads);
  const bench::FmaPeak peak = bench::measure_fma_peak(threads, 1.0);
  json result;
  const auto measured = [&](const auto* kind) {
    if (kind) result = measure(*kind, shape, repeats, argv[7]);
    return kind != nullptr;
  };
  const auto* const lesions = dynamic_cast<const LesionModel*>(model.get());
  if (lesions && argc == 9) {
    const bench::Location3d location{*lesions};
    measured(&location);
  } else {
    measured(lesions) || measured(dynamic_cast<const SegmenterModel*>(model.get())) ||
        measured(dynamic_cast<const Encoder3dModel*>(model.get()));
  }
  result["peak"] = {{"fp32", peak.fp32_gflops}, {"bf16", peak.bf16_gflops}};
  std::cout << result.dump() << "\n";
  return 0;
}
