#include "core/staged_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>

#include "core/error.h"

namespace hepatica {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void throw_unwritable(const std::string& path, const std::string& reason) {
  throw Error("OUTPUT_UNWRITABLE", path + " cannot be written: " + reason, path, "",
              "Name a new folder in one that you may write to, on a disk with space.");
}

[[noreturn]] void throw_exists(const std::string& path, const std::string& what) {
  throw Error("OUTPUT_EXISTS", path + " " + what, path, "",
              "Name a folder that does not exist or is empty, or remove this one first.");
}

std::string random_name() {
  std::random_device random;
  char name[32];
  std::snprintf(name, sizeof(name), "%s%08x%08x", kStagingPrefix, random(), random());
  return name;
}

// Links in the path are followed, so that a rename puts the folder where the link leads.
fs::path resolved(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  if (error) throw_unwritable(path, error.message());
  absolute = fs::weakly_canonical(absolute, error);
  if (error) throw_unwritable(path, error.message());
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

}  // namespace

StagedFolder::StagedFolder(const std::string& folder) : name_(folder), target_(resolved(folder)) {
  check_free();
  try {
    make_parents();
    staging_ = target_.parent_path() / random_name();
    std::error_code error;
    if (!fs::create_directory(staging_, error)) throw_unwritable(name_, error.message());
    if (fs::is_directory(target_)) fs::permissions(staging_, fs::status(target_).permissions(), error);
  } catch (...) {
    std::error_code ignored;
    std::for_each(made_.rbegin(), made_.rend(), [&](const fs::path& made) { fs::remove(made, ignored); });
    throw;
  }
}

StagedFolder::~StagedFolder() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
  // Only where nothing else came into them.
  std::for_each(made_.rbegin(), made_.rend(), [&](const fs::path& made) { fs::remove(made, ignored); });
}

void StagedFolder::check_free() const {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(target_, error);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw_exists(name_, "exists and is no folder");
  const bool empty = fs::is_empty(target_, error);
  if (error) throw_unwritable(name_, error.message());
  if (!empty) throw_exists(name_, "exists and is not empty");
}

void StagedFolder::make_parents() {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path parent = target_.parent_path(); !fs::exists(parent, error); parent = parent.parent_path()) {
    if (error) throw_unwritable(name_, error.message());
    missing.push_back(parent);
  }
  for (auto parent = missing.rbegin(); parent != missing.rend(); ++parent) {
    fs::create_directory(*parent, error);
    if (error) throw_unwritable(name_, error.message());
    made_.push_back(*parent);
  }
}

void StagedFolder::commit() {
  sync_to_disk(staging_);
  if (rename(staging_.c_str(), target_.c_str()) != 0) {
    const int reason = errno;
    if (reason == ENOTEMPTY || reason == EEXIST || reason == ENOTDIR)
      throw_exists(name_, "has come into being meanwhile");
    throw_unwritable(name_, std::generic_category().message(reason));
  }
  committed_ = true;
  sync_to_disk(target_.parent_path());
}

void sync_to_disk(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL);
  const int reason = errno;
  if (descriptor >= 0) close(descriptor);
  if (!synced) throw_unwritable(path.string(), std::generic_category().message(reason));
}

}  // namespace hepatica
