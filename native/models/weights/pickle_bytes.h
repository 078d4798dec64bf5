// The bytes of a pickle and the numbers and texts in them, never beyond their end.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"

namespace hepatica::pickle {

class PickleBytes {
 public:
  PickleBytes(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  [[noreturn]] void corrupt(const std::string& why) const {
    throw Error("CORRUPT_WEIGHTS", file_ + ": its pickle " + why + " (byte " + std::to_string(position_) + ")", file_,
                {}, "Copy or download the weights again");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - position_) corrupt("ends too early");
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }

  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }

  uint64_t little_endian(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint64_t{byte()} << static_cast<unsigned>(8 * i);
    return value;
  }

  // LONG1: two's complement of as many bytes as the value needs.
  int64_t long_integer() {
    const int count = byte();
    if (count > 8) corrupt("holds an integer of more than 64 bits");
    const auto unused = static_cast<unsigned>(64 - 8 * count);
    return count == 0 ? 0 : static_cast<int64_t>(little_endian(count) << unused) >> unused;
  }

  double big_endian_double() {
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8U | byte();
    return std::bit_cast<double>(bits);
  }

  std::string text(uint64_t count) { return std::string(take(count)); }

  std::string line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) corrupt("ends too early");
    std::string text(take(end - position_));
    take(1);
    return text;
  }

 private:
  std::string_view bytes_;
  size_t position_ = 0;
  const std::string& file_;
};

}  // namespace hepatica::pickle
