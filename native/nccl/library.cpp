#define USE_C10D_NCCL
#include <ATen/cuda/CUDAContext.h>
#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>
#include <utility>

#include "nccl/api.h"

namespace hepatica {
namespace {

// c10d's options hold a structure of nccl.h, which grows from version to version.
const char* refusal() {
  constexpr uint64_t kCompiled = uint64_t{NCCL_MAJOR} << 32 | uint64_t{NCCL_MINOR} << 16 | uint64_t{NCCL_PATCH};
  return torch::cuda::nccl::version() == kCompiled ? nullptr : "libtorch has another version of NCCL";
}

std::string device_name(int index) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string name;
  for (const char byte : at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(index))->uuid.bytes) {
    const auto value = static_cast<unsigned char>(byte);
    name += {kDigits[value >> 4], kDigits[value & 15]};
  }
  return name;
}

// c10d's watchdogs end the process, or write to the terminal, where they miss something. Here signs of life tell.
void quiet_watchdogs() {
  for (const char* const name :
       {"TORCH_NCCL_ASYNC_ERROR_HANDLING", "TORCH_NCCL_ENABLE_MONITORING", "TORCH_NCCL_DUMP_ON_TIMEOUT",
        "TORCH_NCCL_PROPAGATE_ERROR", "TORCH_NCCL_LOG_CPP_STACK_ON_UNCLEAN_SHUTDOWN"}) {
    setenv(name, "0", 0);
  }
}

c10::intrusive_ptr<c10d::Backend> connect(c10::intrusive_ptr<c10d::Store> store, int rank, int size,
                                          std::chrono::milliseconds timeout) {
  using Nccl = c10d::ProcessGroupNCCL;
  quiet_watchdogs();
  const auto options = Nccl::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<Nccl>(std::move(store), rank, size, options);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const NcclApi* hepatica_nccl() {
  static constexpr NcclApi kApi = {refusal, device_name, connect};
  return &kApi;
}

}  // namespace hepatica
