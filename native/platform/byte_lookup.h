// Bytes looked up in a table, by vector instructions where the processor has such that do it.
#pragma once

#include <array>
#include <cstdint>

namespace hepatica {

// target[i] = table[source[i]] for the first pixels; returns how many, a multiple of the vectors' width: the rest, or
// all of them where the processor has no such instructions, is the caller's.
int64_t look_up_bytes(const uint8_t* source, int64_t count, const std::array<uint8_t, 256>& table, uint8_t* target);

}  // namespace hepatica
