// Scans as training draws from them, on disk: prepared once, then mapped, so that a dataset need not fit in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/run.h"
#include "models/weights/safetensors.h"
#include "training/data/scan_parts.h"

namespace hepatica {

class ScanCache {
 public:
  // Without a folder, nothing is found and kept. What trainings that were killed left half written there goes.
  explicit ScanCache(std::string folder);

  bool keeps() const { return !folder_.empty(); }

  // What `make` gives: from the file of `key` where a whole one is there, else made and written, as a whole or not at
  // all. `key` is all that it depends on; empty: not known, nothing is kept. `blank` has what its parts leave to the
  // caller. What making it warned of is told each time. Throws OUTPUT_UNWRITABLE.
  template <class Scan, class Make>
  Scan prepared(const std::string& key, Run& run, const Scan& blank, const Make& make) const {
    if (!keeps() || key.empty()) return make();
    if (auto found = find(key, run, blank)) return *std::move(found);
    Scan made = make_file(key, run, make);
    Run told;
    auto kept = find(key, told, blank);
    return kept ? *std::move(kept) : std::move(made);
  }

  // The same for what is looked at now and then as a whole: its file, for read().
  template <class Scan, class Make>
  std::string prepared_file(const std::string& key, Run& run, const Scan& blank, const Make& make) const {
    if (!find(key, run, blank)) make_file(key, run, make);
    return path_of(key);
  }

  // Throws what SafetensorsFile and PartsReader do where it is no longer what was written.
  template <class Scan>
  Scan read(const std::string& path, const Scan& blank) const {
    return scan_of(open(path), blank);
  }

  // In a file without a name, gone with the last one who holds it: of what is wanted in this run alone.
  template <class Scan>
  Scan set_aside(Scan made, const Scan& blank) const {
    if (!keeps()) return made;
    return scan_of(write_nameless(written(made)), blank);
  }

 private:
  struct File {
    std::string path;
    std::shared_ptr<const SafetensorsFile> tensors;  // null: none
    std::vector<Warning> warnings;
  };

  template <class Scan>
  static PartsWriter written(Scan& scan) {
    PartsWriter parts;
    visit_parts(parts, scan);
    return parts;
  }

  template <class Scan>
  static Scan scan_of(const File& file, const Scan& blank) {
    Scan scan = blank;
    PartsReader parts(file.tensors, file.path);
    visit_parts(parts, scan);
    parts.finish();
    if constexpr (std::is_base_of_v<MappedScan, Scan>) scan.file = file.tensors;
    file.tensors->release_memory();
    return scan;
  }

  template <class Scan>
  std::optional<Scan> find(const std::string& key, Run& run, const Scan& blank) const {
    const File file = find_file(key);
    if (!file.tensors) return std::nullopt;
    try {
      Scan scan = scan_of(file, blank);
      for (const Warning& warning : file.warnings) run.warn(warning.code, warning.message);
      return scan;
    } catch (const Error&) {
      // Damaged: it is made anew.
      return std::nullopt;
    }
  }

  template <class Make>
  auto make_file(const std::string& key, Run& run, const Make& make) const {
    const size_t before = run.warnings().size();
    auto made = make();
    const std::vector<Warning> all = run.warnings();
    write_file(key, written(made), {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()});
    return made;
  }

  std::string path_of(const std::string& key) const;
  void make_folder() const;
  static File open(const std::string& path);
  // None where it is of another key, or damaged.
  File find_file(const std::string& key) const;
  void write_file(const std::string& key, const PartsWriter& parts, const std::vector<Warning>& warnings) const;
  File write_nameless(const PartsWriter& parts) const;

  std::string folder_;
};

}  // namespace hepatica
