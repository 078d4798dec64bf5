// SHA-1 (FIPS 180-4), which version-5 UUIDs are made of: a name for content, no protection against forgery.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hepatica {

using Sha1Digest = std::array<uint8_t, 20>;

class Sha1 {
 public:
  void update(const void* data, size_t bytes);

  // Once, after the last update.
  Sha1Digest finish();

 private:
  void compress(const uint8_t* block);

  std::array<uint32_t, 5> state_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<uint8_t, 64> block_{};
  uint64_t bytes_ = 0;
};

// In lower-case hex.
std::string to_hex(const Sha1Digest& digest);
std::string sha1_hex(const void* data, size_t bytes);

}  // namespace hepatica
