// A GPU for tests on a machine without one: libtorch's CPU stands in the place of its CUDA and, where nvcc is
// installed, the interpreted kernels in the place of the kernels.
#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "built_libraries.h"
#include "core/run.h"
#include "cuda/loader.h"
#include "runtime/device.h"

namespace hepatica {

class PretendedGpu {
 public:
  PretendedGpu() {
    const std::string path = test::interpreted_cuda_library();
    if (!path.empty()) library_.emplace(path);
    ComputeDevice gpu{.index = 0, .label = "cuda:0 pretended"};
    if (library_) gpu.kernels = &library_->devices().at(0);
    devices_ = {.gpus = {gpu}, .reason = {}, .network_reason = {}, .gpu_expected = true};
    stand_in_.emplace(devices_);
  }

 private:
  std::optional<CudaLibrary> library_;
  Devices devices_;
  std::optional<Devices::StandIn> stand_in_;
};

inline std::vector<std::string> codes(const Run& run) {
  std::vector<std::string> codes;
  for (const Warning& warning : run.warnings()) codes.push_back(warning.code);
  return codes;
}

inline bool has(const std::vector<std::string>& codes, const std::string& code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// Memory runs out once, in a stage's middle.
inline Run::ProgressCallback run_out_halfway(const std::string& wanted) {
  return [wanted, done = std::make_shared<bool>(false)](const std::string& stage, double fraction) {
    if (stage != wanted || fraction < 0.3 || std::exchange(*done, true)) return;
    throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate 2.00 GiB");
  };
}

}  // namespace hepatica
