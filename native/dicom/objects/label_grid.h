// The grid that labels are put on, and the mask that they make there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/run.h"
#include "core/source_identity.h"
#include "core/volume.h"

namespace hepatica::dicom {

// A segment or region of the object.
struct LabelSegment {
  int number = 0;
  std::string label;
  std::string code;  // SCHEME:VALUE
};

// What an object says of the images that it was drawn on.
struct LabelReferences {
  std::vector<std::string> series;
  std::vector<std::string> instances;
  std::string frame_of_reference;
};

class LabelGrid {
 public:
  LabelGrid(const std::string& path, const SourceIdentity& source, const Geometry& grid);

  const Geometry& geometry() const { return grid_; }
  const std::string& path() const { return path_; }

  // Throws LABEL_OF_OTHER_SERIES; warns where the series is the same and the images are not, or nothing is said.
  void check_references(const LabelReferences& said, Run& run) const;

  // The slice of a position in its plane; throws LABEL_GEOMETRY_MISMATCH where there is none.
  int64_t slice_at(const Vec3& position_mm) const;
  // The slice of a source image; nullopt where none is it, or several are, whose UIDs are the same.
  std::optional<int64_t> slice_of(const std::string& sop_instance_uid, int frame) const;

  // Index coordinates (x, y, z) of a position.
  Vec3 index_of(const Vec3& position_mm) const;

  [[noreturn]] void throw_mismatch(const std::string& why) const;

 private:
  std::string path_;
  const SourceIdentity& source_;
  Geometry grid_;
  std::map<std::string, std::vector<std::pair<int, int64_t>>> slices_of_;  // by UID: frame (0: single) and z
  std::set<std::string> images_;                                           // UIDs of all of the volume's
};

// Puts slices of segments into one mask.
class LabelMask {
 public:
  // Throws SEGMENT_NOT_FOUND.
  LabelMask(const LabelGrid& grid, const std::vector<LabelSegment>& segments, const std::vector<std::string>& chosen);

  bool wants(int number) const { return values_.contains(number); }
  void set(int number, int64_t pixel, int64_t z);
  Mask finish(Run& run);
  std::vector<std::string> names() const { return names_; }

 private:
  // Warns of slices that lack a segment between two that have it at one place: outlined on every other slice, say.
  void warn_of_gaps(Run& run) const;

  Mask mask_;
  std::map<int, uint8_t> values_;  // by segment number
  std::vector<std::string> names_;
  bool single_ = false;
  bool overlap_ = false;
};

}  // namespace hepatica::dicom
