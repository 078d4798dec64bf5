// usage: hepatica_check [--device cuda|cpu] --weights liver.safetensors [--kernels libhepatica_cuda.so]
//                       [--kernel-timings libhepatica_check_kernels.so] [--only PART] [--quick yes]
// Checks every kernel, network and training step on a GPU against the CPU, then measures; prints tables in Markdown.
// With --device cpu the CPU stands in the GPU's place. Exits with 1 where a line failed, with 2 for a wrong call.
// (--rank, --port, --own-device and --output are its own, for the processes that it starts.)
#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "check/kernels.h"
#include "check/networks.h"
#include "check/processes.h"
#include "check/report.h"
#include "check/scans.h"
#include "check/target.h"
#include "check/training.h"
#include "core/error.h"
#include "platform/own_program.h"

namespace hepatica::check {
namespace {

constexpr const char* kUsage =
    "usage: hepatica_check [--device cuda|cpu] --weights FILE [--kernels FILE] [--kernel-timings FILE] [--only PART]\n"
    "                      [--quick yes]\n";

struct Call {
  Target target;
  std::string only;
  Rank rank;
};

// False for what it doesn't know.
bool parse(int argc, char** argv, Call& call) {
  std::string device = "cuda";
  std::string quick;
  std::string rank = "-1";
  std::string port = "0";
  std::string own_device;
  const std::map<std::string, std::string*> options = {
      {"--device", &device},
      {"--weights", &call.target.weights},
      {"--kernels", &call.target.kernels},
      {"--kernel-timings", &call.target.kernel_timings},
      {"--only", &call.only},
      {"--quick", &quick},
      {"--rank", &rank},
      {"--port", &port},
      {"--own-device", &own_device},
      {"--output", &call.rank.output},
  };
  for (int i = 1; i < argc; i += 2) {
    const auto option = options.find(argv[i]);
    if (option == options.end() || i + 1 == argc) return false;
    *option->second = argv[i + 1];
  }
  if (device != "cuda" && device != "cpu") return false;
  call.target.device = device == "cpu" ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0);
  call.target.quick = quick == "yes";
  call.rank.number = std::atoi(rank.c_str());
  call.rank.own_device = own_device == "yes";
  call.rank.port = static_cast<uint16_t>(std::atoi(port.c_str()));
  return !call.target.weights.empty();
}

// libtorch's part for CUDA registers itself; nothing of this program names it, so that it runs with either libtorch.
void open_cuda_libtorch() {
  if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
    const char* const why = dlerror();
    throw Error("NO_CUDA_DEVICE", std::string("libtorch for CUDA does not open: ") + (why ? why : "not there"));
  }
}

std::string precision_text(at::Float32Op op) {
  return at::precision2str(at::globalContext().float32Precision(at::Float32Backend::CUDA, op));
}

void describe_machine(const Target& target, Report& report) {
  report.heading("Machine");
  report.figure("device", target.device.str());
  report.figure("libtorch", TORCH_VERSION);
  report.figure("CPU threads", std::to_string(at::get_num_threads()));
  if (!target.on_gpu()) return;
  report.verdict("libtorch finds a GPU", at::hasCUDA() ? "yes" : "no", "yes", at::hasCUDA());
  report.figure("fp32 of convolutions and products as libtorch comes",
                precision_text(at::Float32Op::CONV) + ", " + precision_text(at::Float32Op::MATMUL));
  report.attempt("first tensor on the device", [&] {
    const auto [free, total] = at::accelerator::getMemoryInfo(target.device.index());
    report.figure("memory, free of all", with_unit(static_cast<double>(free) / 1e9, "GB of ") +
                                             with_unit(static_cast<double>(total) / 1e9, "GB"));
  });
}

int run_all(const Call& call, const std::string& program) {
  Report report(stdout);
  const Target& target = call.target;
  report.attempt("machine", [&] { describe_machine(target, report); });
  const std::vector<std::pair<std::string, std::function<void()>>> parts = {
      {"kernels", [&] { check_kernels(target, report); }},
      {"networks", [&] { check_networks(target, report); }},
      {"training", [&] { check_training(target, report); }},
      {"processes", [&] { check_processes(target, program, report); }},
      {"scans", [&] { check_scans(target, report); }},
      {"kernel speed", [&] { time_kernels(target, report); }},
      {"network speed", [&] { time_networks(target, report); }},
      {"training speed", [&] { time_training(target, report); }},
  };
  for (const auto& [name, part] : parts) {
    if (call.only.empty() || call.only == name) report.attempt(name, part);
  }
  std::printf("\n%s: %d lines failed\n", report.failures() == 0 ? "PASSED" : "FAILED", report.failures());
  return report.failures() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace hepatica::check

int main(int argc, char** argv) {
  using namespace hepatica::check;
  Call call;
  if (!parse(argc, argv, call)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  // cuBLAS repeats its results only with a workspace of fixed size; read when it is first used.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  if (!call.target.kernels.empty()) setenv("HEPATICA_CUDA_LIBRARY", call.target.kernels.c_str(), 1);
  try {
    // Before anything asks libtorch for a GPU: what it answers first, it keeps.
    if (call.target.on_gpu()) open_cuda_libtorch();
  } catch (const std::exception& failure) {
    std::printf("| libtorch for CUDA | %s | opens | **FAILED** |\n\nFAILED: 1 lines failed\n", failure.what());
    return 1;
  }
  if (call.rank.number >= 0) return run_rank(call.target, call.rank);
  return run_all(call, hepatica::kOwnProgram);
}
