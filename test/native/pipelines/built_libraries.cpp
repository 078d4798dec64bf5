#include "built_libraries.h"

namespace hepatica::test {

std::string released_cuda_library() { return HEPATICA_RELEASED_CUDA_LIBRARY; }
std::string interpreted_cuda_library() { return HEPATICA_INTERPRETED_CUDA_LIBRARY; }

}  // namespace hepatica::test
