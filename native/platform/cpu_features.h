#pragma once

#include <string>
#include <vector>

namespace hepatica {

// What of the vector units matters to the networks, in the names of /proc/cpuinfo: avx2, avx512f, avx512_bf16, …
std::vector<std::string> cpu_features();

// True where the CPU multiplies bf16 natively (AVX-512 BF16 or AMX) and oneDNN may use it; elsewhere oneDNN would
// emulate it, slowly, or refuse.
bool cpu_has_bf16();

// Whether ONEDNN_MAX_CPU_ISA, or DNNL_MAX_CPU_ISA (oneDNN's "CPU dispatcher control"), leaves oneDNN bf16; empty:
// not set. oneDNN reads it once, in any case of letters, and takes what it does not know for no limit.
bool isa_limit_leaves_bf16(const std::string& limit);

}  // namespace hepatica
