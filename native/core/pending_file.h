// A new file that becomes `path` when it is whole, and vanishes if it never is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace hepatica {

class PendingFile {
 public:
  // Opens a file under a temporary name in the folder of `path`. All members throw OUTPUT_UNWRITABLE on failure.
  explicit PendingFile(const std::string& path);
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile();

  // For libraries that write to a descriptor; it stays this object's.
  int descriptor() const { return descriptor_; }

  // The name that it has until it is finished.
  const std::string& temporary() const { return temporary_; }

  void write(const void* data, size_t bytes);

  // Brings the bytes to the disk and renames the file; what bore that name before is replaced.
  void finish();

  // Throws OUTPUT_UNWRITABLE with the reason that errno names.
  [[noreturn]] void refuse() const;

 private:
  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

// Removes what writers that were killed left in `folder` under the names of `files`: those of this machine's processes
// that are gone, and only once nobody has written to it for `idle_s`, since other machines may share the folder. After
// a week nobody writes any more, whoever has the process' number now.
void remove_abandoned(const std::string& folder, const std::function<bool(std::string_view file)>& files,
                      int64_t idle_s);

}  // namespace hepatica
