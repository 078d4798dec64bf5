#pragma once

#include <string>
#include <vector>

namespace hepatica {

// What of the vector units matters to the networks, in the names of /proc/cpuinfo: avx2, avx512f, avx512_bf16, …
std::vector<std::string> cpu_features();

// True where the CPU multiplies bf16 natively (AVX-512 BF16 or AMX); elsewhere oneDNN would emulate it, slowly.
bool cpu_has_bf16();

}  // namespace hepatica
