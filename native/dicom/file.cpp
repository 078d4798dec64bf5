#include "dicom/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace hepatica::dicom {
namespace {

// Most headers of single-frame CT fit; one read then serves the header, and the pixels are read straight to their
// place.
constexpr uint64_t kFirstRead = 16 << 10;

[[noreturn]] void throw_unreadable(const std::string& path, const std::string& why) {
  throw Error("UNREADABLE_FILE", path + " cannot be read: " + why, path, "",
              "Check that the file exists and that you may read it.");
}

}  // namespace

File::File(const InputFile& input) : input_(input) {
  if (input_.memory) {
    size_ = input_.memory->bytes.size();
    return;
  }
  const std::string& path = input_.name;
  // Non-blocking, so that a named pipe cannot hang the reader.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw_unreadable(path, std::strerror(errno));
  struct stat status {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw_unreadable(path, "not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

File::~File() {
  if (descriptor_ >= 0) close(descriptor_);
}

size_t File::read_at(uint64_t offset, void* into, size_t bytes) const {
  if (input_.memory) {
    if (offset >= size_) return 0;
    const size_t got = std::min<uint64_t>(bytes, size_ - offset);
    std::memcpy(into, input_.memory->bytes.data() + offset, got);
    return got;
  }
  size_t done = 0;
  while (done < bytes) {
    const ssize_t got =
        pread(descriptor_, static_cast<char*>(into) + done, bytes - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_unreadable(input_.name, std::strerror(errno));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

bool Prefix::ensure(uint64_t end) {
  if (end <= bytes_.size()) return true;
  if (end > kMaxHeaderBytes) return false;
  grow(end);
  return end <= bytes_.size();
}

void FilePrefix::grow(uint64_t end) {
  const size_t had = bytes_.size();
  const uint64_t target = std::min(file_.size(), std::max({end, kFirstRead, uint64_t{2} * had}));
  if (target <= had) return;
  bytes_.resize(static_cast<size_t>(target));
  bytes_.resize(had + file_.read_at(had, bytes_.data() + had, bytes_.size() - had));
}

}  // namespace hepatica::dicom
