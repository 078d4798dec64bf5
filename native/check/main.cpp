// usage: hepatica_check [--device cuda|cpu] --weights liver-paper.safetensors [--kernels libhepatica_cuda.so]
//                       [--kernel-timings libhepatica_check_kernels.so] [--plant PART] [--only PART]
// Checks every kernel, network and training step on a GPU against the CPU, then measures; prints a table in Markdown.
// With --device cpu the CPU stands in the GPU's place. Exits with 1 where a line failed, with 2 for a wrong call.
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "check/kernels.h"
#include "check/networks.h"
#include "check/report.h"
#include "check/speed.h"
#include "check/target.h"
#include "check/training_steps.h"
#include "cuda/loader.h"

namespace hepatica::check {
namespace {

struct Call {
  Target target;
  std::string only;
};

bool parse(int argc, char** argv, Call& call) {
  call.target.device = at::Device(at::kCUDA, 0);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--device" && (value == "cuda" || value == "cpu")) {
      call.target.device = value == "cpu" ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0);
    } else if (name == "--weights") {
      call.target.weights = value;
    } else if (name == "--kernels") {
      call.target.kernels = value;
    } else if (name == "--kernel-timings") {
      call.target.kernel_timings = value;
    } else if (name == "--plant") {
      call.target.planted = value;
    } else if (name == "--only") {
      call.only = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1 && !call.target.weights.empty();
}

// libtorch's part for CUDA registers itself; nothing of this program names it, so that it runs with either libtorch.
void open_cuda_libtorch() {
  if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
    const char* const why = dlerror();
    throw Error("NO_CUDA_DEVICE", std::string("libtorch for CUDA does not open: ") + (why ? why : "not there"));
  }
}

void describe_machine(const Target& target, Report& report) {
  report.heading("Machine");
  report.figure("device", target.device.str());
  report.figure("libtorch compiled against", TORCH_VERSION);
  report.figure("CPU threads", std::to_string(at::get_num_threads()));
  if (!target.on_gpu()) return;
  report.verdict("libtorch finds a GPU", at::hasCUDA() ? "yes" : "no", "yes", at::hasCUDA());
  report.attempt("first tensor on the device", [&] {
    const auto [free, total] = at::accelerator::getMemoryInfo(target.device.index());
    report.figure("memory, free of all", with_unit(static_cast<double>(free) / 1e9, "GB of ") +
                                             with_unit(static_cast<double>(total) / 1e9, "GB"));
  });
  report.figure("TF32 before the check turns it off (convolutions, products)",
                std::string(at::globalContext().allowTF32CuDNN() ? "on" : "off") + ", " +
                    (at::globalContext().allowTF32CuBLAS() ? "on" : "off"));
}

int run_all(const Call& call) {
  Report report;
  const Target& target = call.target;
  // Before anything asks libtorch for a GPU: what it answers first, it keeps.
  if (target.on_gpu()) report.attempt("libtorch for CUDA", open_cuda_libtorch);
  report.attempt("machine", [&] { describe_machine(target, report); });
  report.attempt("deterministic algorithms", [] { require_determinism(false); });
  const std::vector<std::pair<std::string, std::function<void(const Target&, Report&)>>> parts = {
      {"kernels", check_kernels},
      {"liver network", check_liver_network},
      {"lesion network", check_lesion_network},
      {"liver step", check_liver_training},
      {"lesion step", check_lesion_training},
      {"kernel speed", time_kernels},
      {"network speed", time_networks},
      {"training speed", time_training},
  };
  for (const auto& [name, part] : parts) {
    if (call.only.empty() || call.only == name) report.attempt(name, [&] { part(target, report); });
  }
  std::printf("\n%s: %d failed\n", report.failures() == 0 ? "PASSED" : "FAILED", report.failures());
  std::fflush(stdout);
  return report.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace hepatica::check

int main(int argc, char** argv) {
  hepatica::check::Call call;
  if (!hepatica::check::parse(argc, argv, call)) {
    std::fprintf(stderr,
                 "usage: hepatica_check [--device cuda|cpu] --weights FILE [--kernels FILE]\n"
                 "                      [--kernel-timings FILE] [--plant PART] [--only PART]\n");
    return 2;
  }
  // cuBLAS repeats its results only with a workspace of fixed size; read when it is first used.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  return hepatica::check::run_all(call);
}
