#include "nifti/memory_gzip.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace hepatica {
namespace {

constexpr int kGzipHeader = 16;
// What z_stream counts in.
constexpr size_t kMostAtOnce = size_t{1} << 30;

}  // namespace

MemoryGzip::MemoryGzip(std::shared_ptr<const FileBytes> file) : file_(std::move(file)), packed_(begins_member()) {
  if (packed_ && inflateInit2(&stream_, MAX_WBITS + kGzipHeader) != Z_OK) throw std::bad_alloc();
}

MemoryGzip::~MemoryGzip() {
  if (packed_) inflateEnd(&stream_);
}

bool MemoryGzip::begins_member() const {
  const auto& bytes = file_->bytes;
  return bytes.size() - at_ >= 2 && bytes[at_] == 0x1f && bytes[at_ + 1] == 0x8b;
}

int64_t MemoryGzip::read(void* target, int64_t bytes) {
  if (packed_) return inflate_some(static_cast<uint8_t*>(target), bytes);
  const size_t got = std::min<size_t>(static_cast<size_t>(bytes), file_->bytes.size() - at_);
  std::memcpy(target, file_->bytes.data() + at_, got);
  at_ += got;
  return static_cast<int64_t>(got);
}

int64_t MemoryGzip::inflate_some(uint8_t* target, int64_t bytes) {
  int64_t done = 0;
  while (done < bytes && !ended_ && !cut_) {
    const size_t given = std::min(kMostAtOnce, file_->bytes.size() - at_);
    const auto room = static_cast<uInt>(std::min<int64_t>(bytes - done, int64_t{kMostAtOnce}));
    stream_.next_in = const_cast<uint8_t*>(file_->bytes.data()) + at_;
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = target + done;
    stream_.avail_out = room;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    at_ += given - stream_.avail_in;
    done += room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      ended_ = !begins_member();
      if (!ended_) inflateReset(&stream_);
    } else if (status == Z_BUF_ERROR) {
      cut_ = true;
    } else if (status != Z_OK) {
      return -1;
    }
  }
  return done;
}

}  // namespace hepatica
