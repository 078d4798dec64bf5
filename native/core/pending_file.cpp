#include "core/pending_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace hepatica {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".tmp-";

// FILE.tmp-PID-SERIAL; 0 where it is no such name.
pid_t writer_of(std::string_view name, std::string_view& file) {
  const size_t mark = name.rfind(kMark);
  if (mark == std::string_view::npos) return 0;
  file = name.substr(0, mark);
  const std::string numbers(name.substr(mark + kMark.size()));
  int pid = 0;
  int serial = 0;
  int end = 0;
  const int read = std::sscanf(numbers.c_str(), "%d-%d%n", &pid, &serial, &end);
  return read == 2 && static_cast<size_t>(end) == numbers.size() && pid > 0 ? pid : 0;
}

bool is_abandoned(const fs::path& path, pid_t writer, int64_t idle_s) {
  constexpr int64_t kWeekS = int64_t{7} * 24 * 3600;
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  const int64_t age_s = time(nullptr) - found.st_mtime;
  const bool alive = kill(writer, 0) == 0 || errno != ESRCH;
  return alive ? age_s > kWeekS : age_s >= idle_s;
}

}  // namespace

PendingFile::PendingFile(const std::string& path) : path_(path) {
  static std::atomic<int> serial{0};
  constexpr int kMostLeft = 1000;
  // In containers a process often has the number of one that was killed, and left a file.
  for (int attempt = 0; attempt < kMostLeft; ++attempt) {
    temporary_ = path + std::string(kMark) + std::to_string(getpid()) + "-" + std::to_string(serial++);
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) return;
    if (errno != EEXIST) break;
  }
  refuse();
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

void remove_abandoned(const std::string& folder, const std::function<bool(std::string_view file)>& files,
                      int64_t idle_s) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    std::string_view file;
    const pid_t writer = writer_of(name, file);
    if (writer > 0 && files(file) && is_abandoned(entry.path(), writer, idle_s)) fs::remove(entry.path(), ignored);
  }
}

}  // namespace hepatica
