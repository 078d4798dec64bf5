#include "fma_peak.h"

#include <immintrin.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace hepatica::bench {
namespace {

// Enough independent chains to hide the latency of two FMA pipes.
constexpr int kChains = 24;
constexpr int kRounds = 4096;

using Clock = std::chrono::steady_clock;

// Keeps a result alive without storing it to memory in the loop.
template <class Register>
void keep(Register& value) {
  asm volatile("" : "+v"(value));
}

__attribute__((target("avx512f"))) double run_fp32_avx512() {
  __m512 sums[kChains];
  for (auto& sum : sums) sum = _mm512_set1_ps(1.0f);
  __m512 a = _mm512_set1_ps(0.999f);
  __m512 b = _mm512_set1_ps(0.001f);
  keep(a);
  keep(b);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (int chain = 0; chain < kChains; ++chain) sums[chain] = _mm512_fmadd_ps(sums[chain], a, b);
  }
  for (auto& sum : sums) keep(sum);
  return 2.0 * 16 * kChains * kRounds;
}

__attribute__((target("avx2,fma"))) double run_fp32_avx2() {
  constexpr int kAvx2Chains = 12;
  __m256 sums[kAvx2Chains];
  for (auto& sum : sums) sum = _mm256_set1_ps(1.0f);
  __m256 a = _mm256_set1_ps(0.999f);
  __m256 b = _mm256_set1_ps(0.001f);
  keep(a);
  keep(b);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int chain = 0; chain < kAvx2Chains; ++chain) sums[chain] = _mm256_fmadd_ps(sums[chain], a, b);
  }
  for (auto& sum : sums) keep(sum);
  return 2.0 * 8 * kAvx2Chains * kRounds;
}

__attribute__((target("avx512f,avx512bf16"))) double run_bf16_avx512() {
  __m512 sums[kChains];
  for (auto& sum : sums) sum = _mm512_set1_ps(1.0f);
  __m512i bits = _mm512_set1_epi16(0x3c00);
  keep(bits);
  const auto factor = (__m512bh)bits;
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 24
    for (int chain = 0; chain < kChains; ++chain) sums[chain] = _mm512_dpbf16_ps(sums[chain], factor, factor);
  }
  for (auto& sum : sums) keep(sum);
  return 2.0 * 32 * kChains * kRounds;
}

// Operations a second of `kernel` on all threads together.
double measure(double (*kernel)(), int threads, double seconds) {
  std::atomic<double> operations{0};
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&] {
        double own = 0;
        while (Clock::now() < end) own += kernel();
        operations.fetch_add(own);
      });
    }
  }
  return operations.load() / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

FmaPeak measure_fma_peak(int threads, double seconds) {
  FmaPeak peak;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) {
    peak.fp32_gflops = measure(run_fp32_avx512, threads, seconds) / 1e9;
  } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    peak.fp32_gflops = measure(run_fp32_avx2, threads, seconds) / 1e9;
  }
  if (__builtin_cpu_supports("avx512bf16")) {
    peak.bf16_gflops = measure(run_bf16_avx512, threads, seconds) / 1e9;
  }
  return peak;
}

}  // namespace hepatica::bench
