// What libraries throw, as hepatica's Error.
#pragma once

#include <exception>

#include "core/error.h"

namespace hepatica {

// libtorch's message without its C++ frames; code OUT_OF_MEMORY for its allocators' failures, else INTERNAL_ERROR.
Error library_error(const std::exception& failure);

}  // namespace hepatica
