#pragma once

namespace hepatica {

struct ComputeDevice;

// Arithmetic of a network's convolutions and products: IEEE single; single with factors rounded to 10 bits of mantissa
// on a GPU's tensor cores; bfloat16. Sums are single in all of them.
enum class Precision { kFp32, kTf32, kBf16 };

// What the caller may ask for: kAuto takes bf16 where the device computes in it, else fp32.
enum class PrecisionChoice { kAuto, kFp32, kTf32, kBf16 };

// Throws UNSUPPORTED_PRECISION for one that the device does not compute in.
Precision choose_precision(PrecisionChoice choice, const ComputeDevice& device);

}  // namespace hepatica
