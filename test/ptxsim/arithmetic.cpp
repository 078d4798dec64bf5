#include "arithmetic.h"

#include <algorithm>
#include <cmath>

#include "violation.h"

namespace ptxsim {
namespace {

using Operands = std::array<uint64_t, 3>;
__extension__ using Signed128 = __int128;
__extension__ using Unsigned128 = unsigned __int128;

int64_t as_signed(uint64_t value) { return static_cast<int64_t>(value); }

uint64_t float_result(const Instruction& instruction, const Operands& operands) {
  const float a = as_float(operands[0]);
  const float b = as_float(operands[1]);
  const float c = as_float(operands[2]);
  switch (instruction.opcode) {
    case Opcode::kAdd:
      return float_bits(a + b);
    case Opcode::kSubtract:
      return float_bits(a - b);
    case Opcode::kMultiplyLow:
      return float_bits(a * b);
    case Opcode::kFusedMultiplyAdd:
      return float_bits(std::fma(a, b, c));
    case Opcode::kDivide:
      return float_bits(a / b);
    case Opcode::kMinimum:
      return float_bits(std::fmin(a, b));  // the other operand where one is NaN, as PTX has it
    case Opcode::kMaximum:
      return float_bits(std::fmax(a, b));
    case Opcode::kNegate:
      return float_bits(-a);
    case Opcode::kAbsolute:
      return float_bits(std::fabs(a));
    default:
      throw Violation(Fault::kUnsupported, "this float operation is not supported");
  }
}

uint64_t high_product(Type type, uint64_t a, uint64_t b) {
  if (type.is_signed()) {
    const Signed128 product = Signed128{as_signed(a)} * as_signed(b);
    return static_cast<uint64_t>(product >> type.bits);
  }
  return static_cast<uint64_t>(Unsigned128{a} * b >> type.bits);
}

uint64_t divided(const Instruction& instruction, uint64_t a, uint64_t b) {
  if (b == 0) throw Violation(Fault::kDivisionByZero, "integer division by zero");
  const bool is_remainder = instruction.opcode == Opcode::kRemainder;
  if (!instruction.type.is_signed()) return is_remainder ? a % b : a / b;
  if (as_signed(b) == -1) return is_remainder ? 0 : 0 - a;
  return static_cast<uint64_t>(is_remainder ? as_signed(a) % as_signed(b) : as_signed(a) / as_signed(b));
}

// Shift counts beyond the width are taken as the width (PTX ISA, shl, shr).
uint64_t shifted(const Instruction& instruction, uint64_t value, uint64_t count) {
  const uint64_t width = static_cast<uint64_t>(instruction.type.bits);
  const uint64_t by = std::min<uint64_t>(static_cast<uint32_t>(count), width);
  if (instruction.opcode == Opcode::kShiftLeft) return by >= width ? 0 : value << by;
  if (instruction.type.is_signed()) return static_cast<uint64_t>(as_signed(value) >> std::min<uint64_t>(by, 63));
  return by >= width ? 0 : value >> by;
}

template <class T>
bool ordered_comparison(Comparison comparison, T a, T b) {
  switch (comparison) {
    case Comparison::kEqual:
      return a == b;
    case Comparison::kNotEqual:
      return a != b;
    case Comparison::kLess:
      return a < b;
    case Comparison::kLessEqual:
      return a <= b;
    case Comparison::kGreater:
      return a > b;
    case Comparison::kGreaterEqual:
      return a >= b;
    case Comparison::kOrdered:
      return true;
    case Comparison::kUnordered:
      return false;
  }
  return false;
}

bool compared(const Instruction& instruction, uint64_t a, uint64_t b) {
  const Comparison comparison = instruction.comparison;
  if (instruction.type.is_float()) {
    const float x = as_float(a);
    const float y = as_float(b);
    if (std::isnan(x) || std::isnan(y)) return instruction.unordered || comparison == Comparison::kUnordered;
    return ordered_comparison(comparison, x, y);
  }
  if (instruction.type.is_signed()) return ordered_comparison(comparison, as_signed(a), as_signed(b));
  return ordered_comparison(comparison, a, b);
}

double rounded(double value, Rounding rounding) {
  switch (rounding) {
    case Rounding::kNearestInteger:
      return std::nearbyint(value);
    case Rounding::kTruncate:
      return std::trunc(value);
    case Rounding::kFloor:
      return std::floor(value);
    case Rounding::kCeiling:
      return std::ceil(value);
    default:
      throw Violation(Fault::kMalformedPtx, "a conversion from float to integer without a rounding");
  }
}

// NaN becomes 0, what lies outside becomes the nearest bound (PTX ISA, cvt). A double holds every float, and every
// bound of up to 32 bits.
uint64_t float_to_integer(const Instruction& instruction, float value) {
  const Type type = instruction.type;
  if (type.bits > 32) throw Violation(Fault::kUnsupported, "float to 64-bit integers is not supported");
  if (std::isnan(value)) return 0;
  const double lowest = type.is_signed() ? -std::ldexp(1.0, type.bits - 1) : 0.0;
  const double highest = std::ldexp(1.0, type.is_signed() ? type.bits - 1 : type.bits) - 1.0;
  const double clamped = std::clamp(rounded(value, instruction.rounding), lowest, highest);
  return static_cast<uint64_t>(static_cast<int64_t>(clamped));
}

uint64_t converted(const Instruction& instruction, uint64_t raw) {
  const Type from = instruction.source_type;
  const bool to_float = instruction.type.is_float();
  if (from.is_float() && to_float) {
    return instruction.rounding == Rounding::kNone
               ? raw
               : float_bits(static_cast<float>(rounded(as_float(raw), instruction.rounding)));
  }
  if (from.is_float()) return float_to_integer(instruction, as_float(raw));
  const uint64_t value = extended(raw, from);
  if (!to_float) return value;
  if (instruction.rounding != Rounding::kNearest) {
    throw Violation(Fault::kUnsupported, "integer to float by other than .rn is not supported");
  }
  return float_bits(from.is_signed() ? static_cast<float>(as_signed(value)) : static_cast<float>(value));
}

// The position of the highest bit that differs from the sign, or all ones.
uint64_t highest_bit(const Instruction& instruction, uint64_t value) {
  const uint64_t bits = instruction.type.is_signed() && as_signed(value) < 0 ? ~value : value;
  if (bits == 0) return ~uint64_t{0};
  const uint64_t position = static_cast<uint64_t>(63 - std::countl_zero(bits));
  const bool as_shift = instruction.opcode == Opcode::kFindBitShift;
  return as_shift ? static_cast<uint64_t>(instruction.type.bits - 1) - position : position;
}

uint64_t reversed(uint64_t value, int bits) {
  uint64_t result = 0;
  for (int i = 0; i < bits; ++i) result |= (value >> i & 1) << (bits - 1 - i);
  return result;
}

// Each nibble of the selector names one of eight bytes; its top bit asks for that byte's sign instead.
uint64_t permuted(uint64_t a, uint64_t b, uint64_t selector) {
  const uint64_t pool = (a & 0xffffffff) | b << 32;
  uint64_t result = 0;
  for (int i = 0; i < 4; ++i) {
    const uint64_t nibble = selector >> (4 * i) & 0xf;
    const uint64_t byte = pool >> (8 * (nibble & 7)) & 0xff;
    const uint64_t chosen = nibble & 8 ? (byte & 0x80 ? 0xff : 0) : byte;
    result |= chosen << (8 * i);
  }
  return result;
}

uint64_t integer_result(const Instruction& instruction, uint64_t a, uint64_t b, const Operands& raw) {
  const Type type = instruction.type;
  switch (instruction.opcode) {
    case Opcode::kAdd:
      return a + b;
    case Opcode::kSubtract:
      return a - b;
    case Opcode::kMultiplyLow:
    case Opcode::kMultiplyWide:
      return a * b;
    case Opcode::kMultiplyHigh:
      return high_product(type, a, b);
    case Opcode::kMultiplyAddLow:
      return a * b + raw[2];
    case Opcode::kMultiplyAddWide:
      return a * b + extended(raw[2], {type.kind, type.bits * 2});
    case Opcode::kDivide:
    case Opcode::kRemainder:
      return divided(instruction, a, b);
    case Opcode::kMinimum:
      return combine(Mode::kMinimum, type, a, b);
    case Opcode::kMaximum:
      return combine(Mode::kMaximum, type, a, b);
    case Opcode::kAnd:
      return a & b;
    case Opcode::kOr:
      return a | b;
    case Opcode::kXor:
      return a ^ b;
    case Opcode::kNot:
      return ~a;
    case Opcode::kNegate:
      return 0 - a;
    case Opcode::kAbsolute:
      return as_signed(a) < 0 ? 0 - a : a;
    case Opcode::kShiftLeft:
    case Opcode::kShiftRight:
      return shifted(instruction, a, raw[1]);
    case Opcode::kPopulationCount:
      return static_cast<uint64_t>(std::popcount(a));
    case Opcode::kLeadingZeros:
      return static_cast<uint64_t>(std::countl_zero(a) - (64 - type.bits));
    case Opcode::kReverseBits:
      return reversed(a, type.bits);
    case Opcode::kFindBit:
    case Opcode::kFindBitShift:
      return highest_bit(instruction, a);
    case Opcode::kPermuteBytes:
      return permuted(a, b, raw[2]);
    default:
      throw Violation(Fault::kUnsupported, "this integer operation is not supported");
  }
}

}  // namespace

uint64_t extended(uint64_t value, Type type) {
  if (type.bits == 64) return value;
  const uint64_t mask = (uint64_t{1} << type.bits) - 1;
  const bool negative = type.is_signed() && (value >> (type.bits - 1) & 1);
  return negative ? value | ~mask : value & mask;
}

uint64_t compute(const Instruction& instruction, const Operands& raw) {
  const Type type = instruction.type;
  switch (instruction.opcode) {
    case Opcode::kMove:
      return raw[0];
    case Opcode::kSelect:
      return raw[2] & 1 ? raw[0] : raw[1];
    case Opcode::kConvert:
      return converted(instruction, raw[0]);
    case Opcode::kCompare:
      return compared(instruction, extended(raw[0], type), extended(raw[1], type));
    default:
      break;
  }
  if (type.is_float()) return float_result(instruction, raw);
  return integer_result(instruction, extended(raw[0], type), extended(raw[1], type), raw);
}

Type target_type(const Instruction& instruction) {
  switch (instruction.opcode) {
    case Opcode::kCompare:
      return kPredicate;
    case Opcode::kMultiplyWide:
    case Opcode::kMultiplyAddWide:
      return {instruction.type.kind, instruction.type.bits * 2};
    case Opcode::kPopulationCount:
    case Opcode::kLeadingZeros:
    case Opcode::kFindBit:
    case Opcode::kFindBitShift:
      return kU32;
    default:
      return instruction.type;
  }
}

uint64_t combine(Mode mode, Type type, uint64_t a, uint64_t b) {
  switch (mode) {
    case Mode::kAdd:
      return type.is_float() ? float_bits(as_float(a) + as_float(b)) : a + b;
    case Mode::kMinimum:
      return type.is_signed() ? (as_signed(a) < as_signed(b) ? a : b) : std::min(a, b);
    case Mode::kMaximum:
      return type.is_signed() ? (as_signed(a) > as_signed(b) ? a : b) : std::max(a, b);
    case Mode::kAnd:
      return a & b;
    case Mode::kOr:
      return a | b;
    case Mode::kXor:
      return a ^ b;
    default:
      throw Violation(Fault::kUnsupported, "this combination is not supported");
  }
}

}  // namespace ptxsim
