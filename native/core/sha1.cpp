#include "core/sha1.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace hepatica {
namespace {

uint32_t big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]};
}

}  // namespace

void Sha1::update(const void* data, size_t bytes) {
  const auto* next = static_cast<const uint8_t*>(data);
  size_t filled = bytes_ % block_.size();
  bytes_ += bytes;
  while (bytes > 0) {
    if (filled == 0 && bytes >= block_.size()) {
      compress(next);
      next += block_.size();
      bytes -= block_.size();
      continue;
    }
    const size_t count = std::min(bytes, block_.size() - filled);
    std::memcpy(block_.data() + filled, next, count);
    next += count;
    bytes -= count;
    filled += count;
    if (filled < block_.size()) return;
    compress(block_.data());
    filled = 0;
  }
}

Sha1Digest Sha1::finish() {
  const uint64_t bits = bytes_ * 8;
  constexpr uint8_t kEnd = 0x80;
  constexpr uint8_t kZero = 0;
  update(&kEnd, 1);
  while (bytes_ % block_.size() != block_.size() - 8) update(&kZero, 1);
  std::array<uint8_t, 8> length;
  for (size_t i = 0; i < length.size(); ++i) length[i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  update(length.data(), length.size());
  Sha1Digest digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

void Sha1::compress(const uint8_t* block) {
  std::array<uint32_t, 80> words;
  for (size_t i = 0; i < 16; ++i) words[i] = big_endian(block + 4 * i);
  for (size_t i = 16; i < words.size(); ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e] = state_;
  const auto round = [&](uint32_t mixed, uint32_t constant, uint32_t word) {
    const uint32_t next = std::rotl(a, 5) + mixed + e + constant + word;
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (size_t i = 0; i < 20; ++i) round((b & c) | (~b & d), 0x5a827999, words[i]);
  for (size_t i = 20; i < 40; ++i) round(b ^ c ^ d, 0x6ed9eba1, words[i]);
  for (size_t i = 40; i < 60; ++i) round((b & c) | (b & d) | (c & d), 0x8f1bbcdc, words[i]);
  for (size_t i = 60; i < 80; ++i) round(b ^ c ^ d, 0xca62c1d6, words[i]);
  state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e};
}

std::string to_hex(const Sha1Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return text;
}

std::string sha1_hex(const void* data, size_t bytes) {
  Sha1 hash;
  hash.update(data, bytes);
  return to_hex(hash.finish());
}

}  // namespace hepatica
