#include "fat_binary.h"

#include <cstdint>
#include <cstring>

#include "violation.h"

namespace ptxsim {
namespace {

// Header: magic, version, header size, then the size of all entries at byte 8. Entry: kind at byte 0, header size at
// byte 4, payload size at byte 8 (NVIDIA documents none of it; this is what nvcc 12 and 13 write).
constexpr size_t kHeaderBytes = 16;
constexpr uint16_t kPtxEntry = 1;

template <class T>
T read_at(const unsigned char* bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes + offset, sizeof(T));
  return value;
}

}  // namespace

std::string_view find_ptx(const unsigned char* fat_binary) {
  const unsigned char* entry = fat_binary + kHeaderBytes;
  const unsigned char* const end = entry + read_at<uint64_t>(fat_binary, 8);
  while (entry < end) {
    const auto header_bytes = read_at<uint32_t>(entry, 4);
    const auto payload_bytes = read_at<uint64_t>(entry, 8);
    const char* const text = reinterpret_cast<const char*>(entry + header_bytes);
    const std::string_view payload(text, strnlen(text, payload_bytes));
    if (read_at<uint16_t>(entry, 0) == kPtxEntry && payload.find(".version") != std::string_view::npos) {
      return payload;
    }
    entry += header_bytes + payload_bytes;
  }
  throw Violation(Fault::kUnsupported,
                  "no plain PTX in the object: build it with -gencode=arch=compute_NN,code=compute_NN and "
                  "-Xfatbin --compress=false");
}

}  // namespace ptxsim
