// Where the build put the kernel libraries: functions, as source_folder.h has them, so that their paths are compiled
// into one unit.
#pragma once

#include <string>

namespace hepatica::test {

// The released one and that with the interpreted kernels; empty where nvcc is not installed.
std::string released_cuda_library();
std::string interpreted_cuda_library();

}  // namespace hepatica::test
