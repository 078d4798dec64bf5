#include "platform/byte_lookup.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hepatica {

#if defined(__x86_64__)
namespace {

// 64 look-ups at a time: the table lies in four registers, the index's highest bit chooses between its halves.
__attribute__((target("avx512f,avx512bw,avx512vbmi"))) int64_t look_up_vbmi(const uint8_t* source, int64_t count,
                                                                            const std::array<uint8_t, 256>& table,
                                                                            uint8_t* target) {
  const __m512i quarter0 = _mm512_loadu_si512(table.data());
  const __m512i quarter1 = _mm512_loadu_si512(table.data() + 64);
  const __m512i quarter2 = _mm512_loadu_si512(table.data() + 128);
  const __m512i quarter3 = _mm512_loadu_si512(table.data() + 192);
  int64_t i = 0;
  for (; i + 64 <= count; i += 64) {
    const __m512i index = _mm512_loadu_si512(source + i);
    const __m512i low = _mm512_permutex2var_epi8(quarter0, index, quarter1);
    const __m512i high = _mm512_permutex2var_epi8(quarter2, index, quarter3);
    _mm512_storeu_si512(target + i, _mm512_mask_blend_epi8(_mm512_movepi8_mask(index), low, high));
  }
  return i;
}

}  // namespace

int64_t look_up_bytes(const uint8_t* source, int64_t count, const std::array<uint8_t, 256>& table, uint8_t* target) {
  return __builtin_cpu_supports("avx512vbmi") ? look_up_vbmi(source, count, table, target) : 0;
}
#else
int64_t look_up_bytes(const uint8_t*, int64_t, const std::array<uint8_t, 256>&, uint8_t*) { return 0; }
#endif

}  // namespace hepatica
