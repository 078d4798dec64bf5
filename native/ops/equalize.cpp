#include "ops/equalize.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "platform/byte_lookup.h"

namespace hepatica {
namespace {

constexpr int kWordBytes = 8;

}  // namespace

void count_values(const uint8_t* slice, int64_t count, Histogram& histogram) {
  // A table for each byte of a word: neighbours are often equal, and counting twice in a row at one address would wait
  // for the first store. A word of one value (air, padding) is counted at once.
  std::array<Histogram, kWordBytes> tables{};
  int64_t i = 0;
  for (; i + kWordBytes <= count; i += kWordBytes) {
    uint64_t word;
    std::memcpy(&word, slice + i, kWordBytes);
    if (word == std::rotl(word, 8)) {
      tables[0][word & 0xFF] += kWordBytes;
      continue;
    }
    for (int byte = 0; byte < kWordBytes; ++byte) ++tables[byte][(word >> (8 * byte)) & 0xFF];
  }
  for (; i < count; ++i) ++tables[0][slice[i]];
  for (const Histogram& table : tables) {
    for (size_t value = 0; value < histogram.size(); ++value) histogram[value] += table[value];
  }
}

ByteTable equalization_table(const Histogram& histogram) {
  uint32_t total = 0;
  for (const uint32_t bin : histogram) total += bin;
  size_t value = 0;
  while (value < histogram.size() - 1 && histogram[value] == 0) ++value;

  ByteTable table{};
  if (histogram[value] == total) {
    for (size_t grey = 0; grey < table.size(); ++grey) table[grey] = static_cast<uint8_t>(grey);
    return table;
  }
  const float scale = 255.0F / static_cast<float>(total - histogram[value]);
  uint32_t cdf = 0;
  for (++value; value < histogram.size(); ++value) {
    cdf += histogram[value];
    table[value] = static_cast<uint8_t>(std::min(255.0F, std::nearbyint(static_cast<float>(cdf) * scale)));
  }
  return table;
}

void apply_table(const uint8_t* source, int64_t count, const ByteTable& table, uint8_t* target) {
  for (int64_t i = look_up_bytes(source, count, table, target); i < count; ++i) target[i] = table[source[i]];
}

void equalize_slice(const uint8_t* source, int64_t count, uint8_t* target) {
  Histogram histogram{};
  count_values(source, count, histogram);
  apply_table(source, count, equalization_table(histogram), target);
}

}  // namespace hepatica
