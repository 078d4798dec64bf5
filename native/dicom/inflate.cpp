#include "dicom/inflate.h"

#include <algorithm>
#include <new>

namespace hepatica::dicom {
namespace {
constexpr size_t kInputChunk = 64 << 10;
}

InflatedPrefix::InflatedPrefix(const File& file, uint64_t offset)
    : file_(file), next_input_(offset), input_(kInputChunk) {
  if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
}

InflatedPrefix::~InflatedPrefix() { inflateEnd(&stream_); }

void InflatedPrefix::grow(uint64_t end) {
  const size_t had = bytes_.size();
  bytes_.resize(static_cast<size_t>(std::min(kMaxHeaderBytes, std::max(end, uint64_t{2} * had))));
  bytes_.resize(had + inflate_into(bytes_.data() + had, bytes_.size() - had));
}

size_t InflatedPrefix::read_on(uint64_t begin, uint8_t* into, size_t bytes) {
  std::vector<uint8_t> skipped(kInputChunk);
  while (produced_ < begin) {
    const size_t want = static_cast<size_t>(std::min<uint64_t>(skipped.size(), begin - produced_));
    if (inflate_into(skipped.data(), want) < want) return 0;
  }
  return produced_ == begin ? inflate_into(into, bytes) : 0;
}

size_t InflatedPrefix::inflate_into(uint8_t* into, size_t bytes) {
  stream_.next_out = into;
  stream_.avail_out = static_cast<uInt>(std::min<size_t>(bytes, uInt{1} << 30));
  const size_t wanted = stream_.avail_out;
  while (stream_.avail_out > 0 && !ended_) {
    if (stream_.avail_in == 0) {
      const size_t got = file_.read_at(next_input_, input_.data(), input_.size());
      if (got == 0) break;
      next_input_ += got;
      stream_.next_in = input_.data();
      stream_.avail_in = static_cast<uInt>(got);
    }
    ended_ = inflate(&stream_, Z_NO_FLUSH) != Z_OK;
  }
  const size_t done = wanted - stream_.avail_out;
  produced_ += done;
  return done;
}

}  // namespace hepatica::dicom
