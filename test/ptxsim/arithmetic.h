// The instructions that only read and write registers. Registers hold 64 bits; each operand is taken as the
// instruction's type says: cut to its width, and sign-extended where it is signed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "program.h"

namespace ptxsim {

// `value` cut to the type's width, extended to 64 bits by its sign.
uint64_t extended(uint64_t value, Type type);

inline float as_float(uint64_t value) { return std::bit_cast<float>(static_cast<uint32_t>(value)); }
inline uint64_t float_bits(float value) { return std::bit_cast<uint32_t>(value); }

// What the instruction writes to its target, not yet cut to the target's width; `raw` are its operands' 64 bits.
// Throws kDivisionByZero.
uint64_t compute(const Instruction& instruction, const std::array<uint64_t, 3>& raw);

// The type of the target where it isn't the instruction's own (comparisons, wide products, bit counts).
Type target_type(const Instruction& instruction);

// min, max, and, or, xor, add of two extended values: for redux, atom and red as well.
uint64_t combine(Mode mode, Type type, uint64_t a, uint64_t b);

}  // namespace ptxsim
