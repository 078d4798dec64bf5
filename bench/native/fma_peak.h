// The processor's peak by register-only fused multiply-adds: the yardstick that convolutions are measured against.
#pragma once

namespace hepatica::bench {

struct FmaPeak {
  double fp32_gflops = 0;
  double bf16_gflops = 0;  // 0 where the processor has no bf16 dot product
};

// Runs independent accumulators on `threads` threads for about `seconds` each; one multiply-add counts as two.
FmaPeak measure_fma_peak(int threads, double seconds);

}  // namespace hepatica::bench
