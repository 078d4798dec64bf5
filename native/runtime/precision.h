#pragma once

namespace hepatica {

// Arithmetic of a network's convolutions.
enum class Precision { kFp32, kBf16 };

// What the caller may ask for: kAuto takes bf16 where the CPU computes in it, else fp32.
enum class PrecisionChoice { kAuto, kFp32, kBf16 };

}  // namespace hepatica
