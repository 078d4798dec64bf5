#include "core/pending_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace hepatica {

PendingFile::PendingFile(const std::string& path) : path_(path) {
  static std::atomic<int> serial{0};
  temporary_ = path + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(serial++);
  descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) refuse();
}

PendingFile::~PendingFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!renamed_) unlink(temporary_.c_str());
}

void PendingFile::write(const void* data, size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse();
    next += written;
    bytes -= static_cast<size_t>(written);
  }
}

void PendingFile::finish() {
  if (fsync(descriptor_) != 0) refuse();
  if (close(std::exchange(descriptor_, -1)) != 0) refuse();
  if (rename(temporary_.c_str(), path_.c_str()) != 0) refuse();
  renamed_ = true;
  // The new name, too; a disk that cannot sync folders has done what it can.
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  const int parent = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  fsync(parent);
  close(parent);
}

void PendingFile::refuse() const {
  throw Error("OUTPUT_UNWRITABLE", "Cannot write " + path_ + ": " + std::generic_category().message(errno), path_, {},
              "Check that the folder exists, is writable and has space left.");
}

}  // namespace hepatica
