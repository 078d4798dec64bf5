// PTX text to kernels.
#pragma once

#include <string_view>

#include "program.h"

namespace ptxsim {

// Throws kMalformedPtx, and kUnsupported for what is not modelled: functions that were not inlined, module-scope
// variables, textures.
Module parse_module(std::string_view ptx);

}  // namespace ptxsim
