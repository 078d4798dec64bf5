// Writing that is cancelled: it ends between two pieces of the file, and leaves nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "nifti/nifti.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "hepatica-nifti-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchFolder() { fs::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  bool is_empty() const { return fs::is_empty(path_); }
  // Of its files, whatever their names.
  uintmax_t bytes() const {
    uintmax_t sum = 0;
    std::error_code gone;
    for (const fs::directory_entry& file : fs::directory_iterator(path_)) {
      const uintmax_t size = fs::file_size(file.path(), gone);
      if (!gone) sum += size;
    }
    return sum;
  }

 private:
  fs::path path_;
};

// 20 MB of noise, which takes a while to pack.
Volume noise_volume() {
  Volume volume;
  volume.geometry.size = {512, 512, 40};
  volume.geometry.spacing_mm = {1, 1, 1};
  std::vector<int16_t> hu(static_cast<size_t>(volume.geometry.voxel_count()));
  uint32_t state = 1;
  for (int16_t& value : hu) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<int16_t>(state >> 20);
  }
  volume.hu = std::move(hu);
  return volume;
}

}  // namespace

TEST_CASE("a run that was cancelled writes nothing") {
  const ScratchFolder folder;
  const Volume volume = noise_volume();
  Run run;
  run.cancel();
  const auto write_to = [&](const NiftiTarget& target) { write_nifti(target, volume, NiftiGrid::kSource, run); };
  CHECK_THROWS_AS(write_to(folder.file("stopped.nii")), Cancelled);
  CHECK_THROWS_AS(write_to(folder.file("stopped.nii.gz")), Cancelled);
  CHECK_THROWS_AS(write_to({"", std::make_shared<FileBytes>(), true}), Cancelled);
  CHECK(folder.is_empty());
}

TEST_CASE("a run that is cancelled while a file is packed does not pack the rest of it") {
  const ScratchFolder folder;
  const Volume volume = noise_volume();
  Run run;
  std::atomic<bool> done{false};
  uintmax_t packed = 0;
  std::thread stop([&] {
    while (!done) {
      packed = std::max(packed, folder.bytes());
      if (packed > 0) run.cancel();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  CHECK_THROWS_AS(write_nifti(folder.file("stopped.nii.gz"), volume, NiftiGrid::kSource, run), Cancelled);
  done = true;
  stop.join();
  CHECK(packed < static_cast<uintmax_t>(volume.geometry.voxel_count()) / 2);
  CHECK(folder.is_empty());
}
