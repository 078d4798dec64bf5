// The grid that labels are put on, and the mask that they make there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

class LabelGrid {
 public:
  LabelGrid(const std::string& path, const SourceIdentity& source, const Geometry& grid);

  const Geometry& geometry() const { return grid_; }
  const std::string& path() const { return path_; }

  // Whether an object refers to the series: the only one that it may refer to.
  void check_series(const std::vector<std::string>& series, const std::vector<std::string>& instances) const;

  // The slice of a position in its plane, or of a source image; throws LABEL_GEOMETRY_MISMATCH where there is none.
  int64_t slice_at(const Vec3& position_mm) const;
  std::optional<int64_t> slice_of(const std::string& sop_instance_uid, int frame) const;

  // Index coordinates (x, y, z) of a position.
  Vec3 index_of(const Vec3& position_mm) const;

  [[noreturn]] void throw_mismatch(const std::string& why) const;

 private:
  std::string path_;
  const SourceIdentity& source_;
  Geometry grid_;
  std::map<std::string, std::vector<std::pair<int, int64_t>>> slices_of_;  // by UID: frame (0: single) and z
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
  Mask mask_;
  std::map<int, uint8_t> values_;  // by segment number
  std::vector<std::string> names_;
  bool single_ = false;
  bool overlap_ = false;
};

}  // namespace hepatica::dicom
