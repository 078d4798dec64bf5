// Finds the library with NCCL's part of c10d (nccl/api.h).
#pragma once

#include <string>
#include <vector>

#include "nccl/api.h"

namespace hepatica {

// Null where there is none, or it cannot be used with this libtorch. HEPATICA_NCCL_LIBRARY names it; else it lies
// beside this binary. It stays open: libtorch for CUDA does not take being closed.
const NcclApi* find_nccl();

// Whether the processes' devices, by their names, are all there and no two the same: NCCL takes no device twice.
bool all_apart(std::vector<std::string> device_names);

}  // namespace hepatica
