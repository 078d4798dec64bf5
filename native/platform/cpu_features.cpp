#include "platform/cpu_features.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace hepatica {
namespace {

#if defined(__x86_64__)
// Leaf 7, sub-leaf 0, EDX bit 22 (Intel SDM, CPUID): GCC 12 has no name for it.
bool has_amx_bf16() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1U << 22U)) != 0;
}

bool has_avx512_bf16() { return __builtin_cpu_supports("avx512bf16") != 0; }

std::vector<std::pair<const char*, bool>> known_features() {
  return {
      {"avx2", __builtin_cpu_supports("avx2") != 0},
      {"fma", __builtin_cpu_supports("fma") != 0},
      {"avx512f", __builtin_cpu_supports("avx512f") != 0},
      {"avx512_vnni", __builtin_cpu_supports("avx512vnni") != 0},
      {"avx512_bf16", has_avx512_bf16()},
      {"amx_bf16", has_amx_bf16()},
  };
}
#else
// What the networks would gain of other processors' units was not looked into.
bool has_amx_bf16() { return false; }
bool has_avx512_bf16() { return false; }
std::vector<std::pair<const char*, bool>> known_features() { return {}; }
#endif

std::string onednn_isa_limit() {
  for (const char* name : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA"}) {
    if (const char* value = std::getenv(name)) return value;
  }
  return {};
}

}  // namespace

std::vector<std::string> cpu_features() {
  std::vector<std::string> present;
  for (const auto& [name, supported] : known_features()) {
    if (supported) present.emplace_back(name);
  }
  return present;
}

bool cpu_has_bf16() {
  static const bool left = isa_limit_leaves_bf16(onednn_isa_limit());
  return left && (has_avx512_bf16() || has_amx_bf16());
}

bool isa_limit_leaves_bf16(const std::string& limit) {
  constexpr std::array<std::string_view, 7> kWithout = {
      "sse41", "avx", "avx2", "avx2_vnni", "avx2_vnni_2", "avx512_core", "avx512_core_vnni"};
  std::string lower = limit;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::find(kWithout.begin(), kWithout.end(), lower) == kWithout.end();
}

}  // namespace hepatica
