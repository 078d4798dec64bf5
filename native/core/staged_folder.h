// A new folder that appears under its name when it is whole, and vanishes if it never is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hepatica {

// Folders of this prefix hold what is not finished yet: readers leave them out.
inline constexpr const char* kStagingPrefix = ".hepatica-";

class StagedFolder {
 public:
  // Makes a hidden folder beside `folder`, and the folders above it. Throws OUTPUT_EXISTS where `folder` is there and
  // is not an empty folder, OUTPUT_UNWRITABLE where it cannot be made.
  explicit StagedFolder(const std::string& folder);
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;
  // Removes what was not committed, and the folders that were made for it.
  ~StagedFolder();

  // Where to write the files meanwhile.
  const std::filesystem::path& path() const { return staging_; }

  // Gives the folder its name, by one rename; the files must be on the disk. Throws as the constructor.
  void commit();

 private:
  void check_free() const;
  void make_parents();

  std::string name_;  // as the caller wrote it
  std::filesystem::path target_;
  std::filesystem::path staging_;
  std::vector<std::filesystem::path> made_;  // folders above, the highest first
  bool committed_ = false;
};

// Brings a file or a folder's entries to the disk. Throws OUTPUT_UNWRITABLE.
void sync_to_disk(const std::filesystem::path& path);

}  // namespace hepatica
