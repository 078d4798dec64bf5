// The PTX in what nvcc embeds into an object.
#pragma once

#include <string_view>

namespace ptxsim {

// `fat_binary` as given to __cudaRegisterFatBinary's wrapper. The first PTX in it; throws kUnsupported where there is
// none that is uncompressed.
std::string_view find_ptx(const unsigned char* fat_binary);

}  // namespace ptxsim
