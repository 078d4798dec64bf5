#include "dicom/objects/label_grid.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/vec3.h"
#include "dicom/tags.h"

namespace hepatica::dicom {
namespace {

constexpr size_t kMostValues = 255;
// Farther apart, the two may be two structures.
constexpr double kMostGapMm = 10;

bool matches(const LabelSegment& segment, const std::string& chosen) {
  return chosen == std::to_string(segment.number) || chosen == segment.label || chosen == segment.code;
}

std::string list_of(const std::vector<LabelSegment>& segments) {
  std::string text;
  for (const LabelSegment& segment : segments) {
    if (!text.empty()) text += ", ";
    text += std::to_string(segment.number) + " \"" + segment.label + "\"";
    if (!segment.code.empty()) text += " " + segment.code;
  }
  return text;
}

}  // namespace

LabelGrid::LabelGrid(const std::string& path, const SourceIdentity& source, const Geometry& grid)
    : path_(path), source_(source), grid_(grid) {
  for (const SourceInstance& instance : source.instances) images_.insert(instance.sop_instance_uid);
  for (size_t z = 0; z < source.slices.size(); ++z) {
    if (source.slices[z].size() != 1) continue;  // mixed of two images, and none of them
    const SourceInstance& instance = source.instances.at(static_cast<size_t>(source.slices[z][0]));
    slices_of_[instance.sop_instance_uid].emplace_back(instance.frame.value_or(0), static_cast<int64_t>(z));
  }
}

void LabelGrid::throw_mismatch(const std::string& why) const {
  throw Error("LABEL_GEOMETRY_MISMATCH", path_ + " does not lie on the grid of its series: " + why, path_, "",
              "Name the scan that was labelled, or resample the labels onto it.");
}

void LabelGrid::check_references(const LabelReferences& said, Run& run) const {
  const auto& [series, instances, frame_of_reference] = said;
  const bool names_series = std::ranges::find(series, source_.series_instance_uid) != series.end();
  const bool names_image =
      std::ranges::any_of(instances, [&](const std::string& uid) { return images_.contains(uid); });
  const bool is_silent = series.empty() && instances.empty();
  const std::string& expected = source_.frame_of_reference_uid;
  if (is_silent && !frame_of_reference.empty() && !expected.empty() && frame_of_reference != expected) {
    throw Error("LABEL_OF_OTHER_SERIES",
                path_ + " lies in the frame of reference " + frame_of_reference + ", and the scan in " + expected,
                path_, field_name(tag::kFrameOfReferenceUid), "Read the series that was labelled.");
  }
  if (!is_silent && !names_series && !names_image) {
    throw Error("LABEL_OF_OTHER_SERIES",
                path_ + " refers to series " + (series.empty() ? "unknown" : series.front()) + ", not to " +
                    source_.series_instance_uid,
                path_, "ReferencedSeriesSequence (0008,1115)", "Read the series that was labelled.");
  }
  if (names_image || (names_series && instances.empty())) return;
  run.warn("LABEL_SOURCE_UNSURE",
           path_ +
               (is_silent ? " does not say which images it was drawn on"
                          : " refers to other images of the series than those that were read, of another phase "
                            "perhaps") +
               ": it was put on the scan by positions alone");
}

Vec3 LabelGrid::index_of(const Vec3& position_mm) const {
  const Mat3& d = grid_.direction;
  const Vec3 column = {d[0], d[3], d[6]};
  const Vec3 row = {d[1], d[4], d[7]};
  const Vec3 stack = {d[2], d[5], d[8]};
  const Vec3 normal = cross(column, row);
  const Vec3 from = {position_mm[0] - grid_.origin_mm[0], position_mm[1] - grid_.origin_mm[1],
                     position_mm[2] - grid_.origin_mm[2]};
  const double z = dot(from, normal) / dot(stack, normal);  // mm along the stack, which may lean
  const Vec3 in_plane = along(from, stack, -z);
  return {dot(in_plane, column) / grid_.spacing_mm[0], dot(in_plane, row) / grid_.spacing_mm[1],
          z / grid_.spacing_mm[2]};
}

int64_t LabelGrid::slice_at(const Vec3& position_mm) const {
  const double z = index_of(position_mm)[2];
  const auto nearest = static_cast<int64_t>(std::llround(z));
  // Slices may be off the even grid by a twentieth of their distance (dicom/places.h); twice that is another place.
  if (nearest < 0 || nearest >= grid_.size[2] || std::abs(z - static_cast<double>(nearest)) > 0.1) {
    throw_mismatch("a label lies in no slice, at index " + std::to_string(z));
  }
  return nearest;
}

std::optional<int64_t> LabelGrid::slice_of(const std::string& sop_instance_uid, int frame) const {
  const auto found = slices_of_.find(sop_instance_uid);
  if (found == slices_of_.end()) return std::nullopt;
  const auto& slices = found->second;
  if (slices.size() == 1) return slices.front().second;
  const auto is_frame = [&](const auto& slice) { return slice.first == frame; };
  if (std::ranges::count_if(slices, is_frame) != 1) return std::nullopt;
  return std::ranges::find_if(slices, is_frame)->second;
}

LabelMask::LabelMask(const LabelGrid& grid, const std::vector<LabelSegment>& segments,
                     const std::vector<std::string>& chosen)
    : single_(!chosen.empty()) {
  mask_.geometry = grid.geometry();
  mask_.voxels.assign(static_cast<size_t>(mask_.geometry.voxel_count()), 0);
  for (const std::string& choice : chosen) {
    if (std::ranges::any_of(segments, [&](const LabelSegment& segment) { return matches(segment, choice); })) continue;
    throw Error("SEGMENT_NOT_FOUND", grid.path() + " has no segment \"" + choice + "\", but " + list_of(segments),
                grid.path(), "segments", "Name one of its segments by number, label or code.");
  }
  for (const LabelSegment& segment : segments) {
    const auto is_this = [&](const std::string& choice) { return matches(segment, choice); };
    if (single_ && std::ranges::none_of(chosen, is_this)) continue;
    if (!single_ && names_.size() == kMostValues) {
      throw Error("UNSUPPORTED_FORMAT", grid.path() + " has more than 255 segments", grid.path(), "segments",
                  "Choose some of them.");
    }
    names_.push_back(segment.label);
    values_[segment.number] = single_ ? uint8_t{1} : static_cast<uint8_t>(names_.size());
  }
}

void LabelMask::set(int number, int64_t pixel, int64_t z) {
  uint8_t& voxel = mask_.slice(z)[pixel];
  const uint8_t value = values_.at(number);
  overlap_ = overlap_ || (voxel != 0 && voxel != value);
  voxel = std::max(voxel, value);
}

Mask LabelMask::finish(Run& run) {
  if (overlap_) {
    run.warn("OVERLAPPING_SEGMENTS", "Segments of the labels overlap: of each voxel the last one is kept");
  }
  warn_of_gaps(run);
  return std::move(mask_);
}

void LabelMask::warn_of_gaps(Run& run) const {
  const auto [width, height, depth] = mask_.geometry.size;
  const int64_t pixels = width * height;
  const auto most = static_cast<int64_t>(kMostGapMm / mask_.geometry.spacing_mm[2]);
  std::vector<int64_t> last(kMostValues + 1, -1);  // slice that has the value, by value
  int64_t missing = 0;
  std::string first;
  for (int64_t z = 0; z < depth; ++z) {
    const uint8_t* slice = mask_.voxels.data() + z * pixels;
    std::vector<uint8_t> present(kMostValues + 1, 0);
    for (int64_t i = 0; i < pixels; ++i) present[slice[i]] = 1;
    for (size_t value = 1; value <= kMostValues; ++value) {
      if (!present[value]) continue;
      const int64_t before = std::exchange(last[value], z);
      const int64_t gap = z - before - 1;
      if (before < 0 || gap < 1 || gap > most) continue;
      const uint8_t* other = mask_.voxels.data() + before * pixels;
      bool overlaps = false;
      for (int64_t i = 0; i < pixels && !overlaps; ++i) overlaps = slice[i] == value && other[i] == value;
      if (!overlaps) continue;
      if (missing == 0) first = std::to_string(before + 1);
      missing += gap;
    }
  }
  if (missing == 0) return;
  run.warn("LABEL_GAPS", "The labels leave out " + std::to_string(missing) +
                             " slices between two that show the same structure at one place, the first of them slice " +
                             first + ": what was outlined on every other slice alone has too little volume");
}

}  // namespace hepatica::dicom
