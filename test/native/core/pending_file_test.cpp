#include "core/pending_file.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace fs = std::filesystem;
using namespace hepatica;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "hepatica-core-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return (fs::path(path_) / name).string(); }
  const std::string& str() const { return path_; }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(path_)) found.insert(entry.path().filename().string());
    return found;
  }

 private:
  std::string path_;
};

// Last written to so long ago.
void leave(const std::string& path, int64_t age_s) {
  std::ofstream(path) << "half of it";
  const utimbuf times{time(nullptr) - age_s, time(nullptr) - age_s};
  REQUIRE(utime(path.c_str(), &times) == 0);
}

// The number of a process that has ended.
pid_t gone() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

TEST_CASE("a file is written although a process of the same number was killed while it wrote it") {
  const Folder folder;
  const std::string path = folder / "mask.nii";
  for (int serial = 0; serial < 40; ++serial) {
    leave(path + ".tmp-" + std::to_string(getpid()) + "-" + std::to_string(serial), 0);
  }
  PendingFile file(path);
  file.write("whole", 5);
  file.finish();
  CHECK(fs::file_size(path) == 5);
  CHECK(folder.names().size() == 41);
}

TEST_CASE("what killed writers left goes, and nothing else does") {
  constexpr int64_t kHour = 3600;
  const std::string dead = std::to_string(gone()) + "-3";
  const std::string alive = std::to_string(getpid()) + "-3";
  const Folder folder;
  const struct {
    std::string name;
    int64_t age_s;
    bool goes;
  } files[] = {{"a.scan.tmp-" + dead, 2 * kHour, true},
               {"b.scan.tmp-" + dead, kHour / 2, false},  // another machine's, perhaps
               {"c.scan.tmp-" + alive, 2 * kHour, false},
               {"d.scan.tmp-" + alive, 8 * 24 * kHour, true},
               {"e.nii.tmp-" + dead, 2 * kHour, false},  // of no name that is asked for
               {"f.scan", 2 * kHour, false},
               {"g.scan.tmp-", 2 * kHour, false},
               {"h.scan.tmp-" + dead + ".nii", 2 * kHour, false},
               {"i.scan.tmp-12", 2 * kHour, false}};
  for (const auto& [name, age_s, goes] : files) leave(folder / name, age_s);
  remove_abandoned(
      folder.str(), [](std::string_view file) { return file.ends_with(".scan"); }, kHour);
  for (const auto& [name, age_s, goes] : files) {
    CAPTURE(name);
    CHECK(fs::exists(folder / name) != goes);
  }
  CHECK_NOTHROW(remove_abandoned(
      folder / "nowhere", [](std::string_view) { return true; }, 0));
}
