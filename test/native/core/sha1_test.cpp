#include "core/sha1.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

using namespace hepatica;

namespace {

std::string hex(const Sha1Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", byte);
    text += digits;
  }
  return text;
}

std::string sha1(const std::string& text, size_t piece) {
  Sha1 sha;
  for (size_t i = 0; i < text.size(); i += piece) sha.update(text.data() + i, std::min(piece, text.size() - i));
  return hex(sha.finish());
}

}  // namespace

TEST_CASE("the digests of RFC 3174, whatever the pieces") {
  const std::string tens = [] {
    std::string text;
    for (int i = 0; i < 80; ++i) text += "01234567";
    return text;
  }();
  for (const size_t piece : {1, 3, 63, 64, 65, 1000}) {
    CHECK(sha1("abc", piece) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", piece) ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(sha1(std::string(1'000'000, 'a'), piece) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    CHECK(sha1(tens, piece) == "dea356a2cddd90c7a7ecedc5ebb563934f460452");
  }
  CHECK(sha1("", 1) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}
