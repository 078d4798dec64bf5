#include "nifti/gzip_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/error.h"

namespace hepatica {
namespace {

constexpr int64_t kChunkBytes = 1 << 26;
constexpr int64_t kBestDeflateRatio = 1032;

}  // namespace

GzipReader::GzipReader(const InputFile& input) : name_(input.name) {
  if (!input.memory) {
    open_file();
    return;
  }
  memory_.emplace(input.memory);
  const auto bytes = static_cast<int64_t>(input.memory->bytes.size());
  most_bytes_ = memory_->is_packed() ? bytes * kBestDeflateRatio : bytes;
}

void GzipReader::open_file() {
  const std::string& path = name_;
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    throw Error("FILE_NOT_FOUND", "There is no file " + path, path, {}, "Check the path.");
  }
  if (!std::filesystem::is_regular_file(status)) {
    throw Error("UNREADABLE_FILE", path + " is not a regular file", path, {}, "Name a .nii or .nii.gz file.");
  }
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(path, error));
  file_ = error ? nullptr : gzopen(path.c_str(), "rbe");
  if (!file_) {
    throw Error("UNREADABLE_FILE", path + " cannot be read: " + std::generic_category().message(errno), path, {},
                "Check the file's permissions.");
  }
  gzbuffer(file_, 1 << 18);
  most_bytes_ = gzdirect(file_) ? bytes : bytes * kBestDeflateRatio;
}

GzipReader::~GzipReader() {
  if (file_) gzclose(file_);
}

int64_t GzipReader::read_on(void* target, int64_t bytes) {
  return memory_ ? memory_->read(target, bytes) : gzread(file_, target, static_cast<unsigned>(bytes));
}

int64_t GzipReader::read_some(void* target, int64_t bytes) {
  int64_t done = 0;
  while (done < bytes) {
    const int64_t received = read_on(static_cast<char*>(target) + done, std::min(kChunkBytes, bytes - done));
    if (received < 0) refuse("its compressed data is damaged");
    if (received == 0) break;
    done += received;
  }
  return done;
}

void GzipReader::read(void* target, int64_t bytes) {
  if (read_some(target, bytes) != bytes) refuse("it ends before its data does");
}

void GzipReader::skip(int64_t bytes) {
  std::vector<char> scratch(static_cast<size_t>(std::min<int64_t>(bytes, 1 << 16)));
  for (int64_t left = bytes; left > 0;) {
    const int64_t chunk = std::min(left, static_cast<int64_t>(scratch.size()));
    read(scratch.data(), chunk);
    left -= chunk;
  }
}

void GzipReader::check_end() {
  std::array<char, 1> beyond;
  read_some(beyond.data(), 1);
  int code = Z_OK;
  if (file_) gzerror(file_, &code);
  if (code == Z_BUF_ERROR || (memory_ && memory_->is_cut())) refuse("its compressed data is cut off");
}

void GzipReader::refuse(const std::string& what) const {
  throw Error("CORRUPT_FILE", name_ + " cannot be read: " + what, name_, {}, "Copy or download the file again.");
}

}  // namespace hepatica
