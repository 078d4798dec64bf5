#include "dicom/copies.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/parallel.h"
#include "core/vec3.h"
#include "dicom/assemble.h"
#include "dicom/check.h"
#include "dicom/places.h"

namespace hepatica::dicom {
namespace {

bool same_places(const DicomObject& a, const DicomObject& b) {
  if (a.frames.size() != b.frames.size()) return false;
  for (size_t i = 0; i < a.frames.size(); ++i) {
    const FrameHeader& fa = a.frames[i];
    const FrameHeader& fb = b.frames[i];
    if (fa.position_mm != fb.position_mm || fa.orientation != fb.orientation) return false;
  }
  return true;
}

// A header that ends early may lack the values that would tell it from the whole one.
bool is_damaged_copy(const DicomObject& object, const DicomObject& whole) {
  if (&object == &whole || object.sop_instance_uid != whole.sop_instance_uid) return false;
  if (is_whole(object) || !is_whole(whole)) return false;
  return same_places(object, whole) || (object.truncated && !object.frames[0].position_mm);
}

// Whether positions of the two can be compared.
bool of_one_space(const DicomObject& a, const DicomObject& b) {
  return a.frame_of_reference_uid.empty() || b.frame_of_reference_uid.empty() ||
         a.frame_of_reference_uid == b.frame_of_reference_uid;
}

std::string name_of(const FrameRef& frame) {
  const std::string& path = frame.object->path;
  return frame.object->multi_frame ? path + " (frame " + std::to_string(frame.frame + 1) + ")" : path;
}

// Runs of frames each at the place of one of the others, by their indices in `placed`.
std::vector<std::vector<size_t>> find_gatherings(const std::vector<PlacedFrame>& placed, double near_mm) {
  std::vector<std::vector<size_t>> gatherings;
  for (size_t i = 1; i < placed.size(); ++i) {
    if (placed[i].position_mm - placed[i - 1].position_mm > near_mm) continue;
    if (gatherings.empty() || gatherings.back().back() != i - 1) gatherings.push_back({i - 1});
    gatherings.back().push_back(i);
  }
  return gatherings;
}

using Hashes = std::vector<std::optional<uint64_t>>;  // nullopt: not looked at, or damaged

Hashes hash_frames(const std::vector<PlacedFrame>& placed, const std::vector<std::vector<size_t>>& gatherings,
                   Run& run) {
  std::vector<size_t> wanted;
  for (const auto& gathering : gatherings) wanted.insert(wanted.end(), gathering.begin(), gathering.end());
  Hashes hashes(placed.size());
  parallel_for(static_cast<int64_t>(wanted.size()), run, [&](int64_t i) {
    const size_t index = wanted[static_cast<size_t>(i)];
    try {
      hashes[index] = hash_of_pixels(placed[index].frame, run);
    } catch (const Error& error) {
      if (error.code != "CORRUPT_FILE") throw;
    }
  });
  return hashes;
}

class CopyFinder {
 public:
  CopyFinder(const std::vector<PlacedFrame>& placed, Run& run)
      : placed_(placed), run_(run), near_mm_(same_place_mm(placed)) {
    gatherings_ = find_gatherings(placed, near_mm_);
    if (gatherings_.empty()) return;
    hashes_ = hash_frames(placed, gatherings_, run);
    find_spacing();
  }

  std::vector<FrameRef> drop(std::vector<ExcludedFile>& excluded) {
    std::set<size_t> dropped;
    for (const auto& gathering : gatherings_) drop_in(gathering, dropped, excluded);
    std::vector<FrameRef> kept;
    for (size_t i = 0; i < placed_.size(); ++i) {
      if (!dropped.contains(i)) kept.push_back(placed_[i].frame);
    }
    return kept;
  }

 private:
  // Which grid the series is on: a copy may lie beside it.
  void find_spacing() {
    std::vector<PlacedFrame> places;
    for (const PlacedFrame& placed : placed_) {
      if (places.empty() || placed.position_mm - places.back().position_mm > near_mm_) places.push_back(placed);
    }
    if (places.size() < 2) return;
    spacing_mm_ = median_step(places);
    constexpr double kRoundingMm = 0.015;  // a copy that is off by more must not become the anchor
    anchor_mm_ = best_anchor(placed_, spacing_mm_, kRoundingMm);
  }

  int64_t off_grid(size_t index) const {
    if (spacing_mm_ <= 0) return 0;
    const double steps = (placed_[index].position_mm - anchor_mm_) / spacing_mm_;
    return std::llround(100 * std::abs(steps - std::round(steps)) * spacing_mm_);
  }

  bool is_copy(size_t a, size_t b) const {
    const FrameRef& of_a = placed_[a].frame;
    const FrameRef& of_b = placed_[b].frame;
    if (!of_one_space(*of_a.object, *of_b.object)) return false;
    if (distance(*of_a.header().position_mm, *of_b.header().position_mm) > near_mm_) return false;
    if (!hashes_[a] || !hashes_[b]) return of_a.object->sop_instance_uid == of_b.object->sop_instance_uid;
    return hashes_[a] == hashes_[b] && have_same_pixels(of_a, of_b, run_);
  }

  // Frames that can be decoded first, then those on the grid.
  void drop_in(std::vector<size_t> gathering, std::set<size_t>& dropped, std::vector<ExcludedFile>& excluded) {
    std::ranges::stable_sort(gathering, {}, [&](size_t i) { return std::pair(!hashes_[i], off_grid(i)); });
    std::vector<size_t> kept;
    for (const size_t i : gathering) {
      const auto original = std::ranges::find_if(kept, [&](size_t other) { return is_copy(other, i); });
      if (original == kept.end() || (!hashes_[i] && !hashes_[*original])) {
        kept.push_back(i);
        continue;
      }
      dropped.insert(i);
      excluded.push_back(exclusion(i, *original));
    }
  }

  ExcludedFile exclusion(size_t copy, size_t original) const {
    const FrameRef& frame = placed_[copy].frame;
    const FrameRef& other = placed_[original].frame;
    const std::string& uid = frame.object->sop_instance_uid;
    const bool same_uid = !uid.empty() && uid == other.object->sop_instance_uid && frame.object != other.object;
    std::string reason = frame.object->multi_frame ? "frame " + std::to_string(frame.frame + 1) + ": " : "";
    reason += same_uid ? "the same SOPInstanceUID, position and pixels as " : "the same position and pixels as ";
    if (!hashes_[copy]) reason = "a damaged copy, with the same SOPInstanceUID and position, of ";
    return {frame.object->path, same_uid ? "DUPLICATE_SOP_INSTANCE" : "DUPLICATE_SLICE", reason + name_of(other)};
  }

  const std::vector<PlacedFrame>& placed_;
  Run& run_;
  double near_mm_;
  std::vector<std::vector<size_t>> gatherings_;
  Hashes hashes_;
  double spacing_mm_ = 0;
  double anchor_mm_ = 0;
};

}  // namespace

std::vector<const DicomObject*> drop_damaged_copies(const std::vector<const DicomObject*>& objects,
                                                    std::vector<ExcludedFile>& excluded) {
  std::multimap<std::string, const DicomObject*> by_uid;
  for (const DicomObject* object : objects) by_uid.emplace(object->sop_instance_uid, object);
  std::vector<const DicomObject*> kept;
  for (const DicomObject* object : objects) {
    const auto [begin, end] = by_uid.equal_range(object->sop_instance_uid);
    const auto whole = std::find_if(begin, end, [&](const auto& entry) {
      return !object->sop_instance_uid.empty() && is_damaged_copy(*object, *entry.second);
    });
    if (whole == end) {
      kept.push_back(object);
    } else {
      excluded.push_back({object->path, "DUPLICATE_SOP_INSTANCE", "a damaged copy of " + whole->second->path});
    }
  }
  return kept;
}

std::vector<FrameRef> drop_copies(const std::vector<FrameRef>& frames, std::vector<ExcludedFile>& excluded, Run& run) {
  const std::vector<PlacedFrame> placed = place_frames(frames);
  return CopyFinder(placed, run).drop(excluded);
}

void warn_of_shared_uids(const std::vector<SubVolume>& volumes, Run& run) {
  std::map<std::string, std::set<const DicomObject*>> by_uid;
  for (const SubVolume& volume : volumes) {
    for (const FrameRef& frame : volume.frames) by_uid[frame.object->sop_instance_uid].insert(frame.object);
  }
  size_t uids = 0;
  std::set<std::string> files;
  for (const auto& [uid, objects] : by_uid) {
    if (uid.empty() || objects.size() < 2) continue;
    ++uids;
    for (const DicomObject* object : objects) files.insert(object->path);
  }
  if (uids == 0) return;
  run.warn("SHARED_SOP_INSTANCE_UID",
           std::to_string(files.size()) + " files that are different slices share " + std::to_string(uids) +
               " SOPInstanceUIDs, " + *files.begin() +
               " among them: all were kept, but what refers to a slice by its UID is ambiguous");
}

}  // namespace hepatica::dicom
