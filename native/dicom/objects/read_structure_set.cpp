#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "dicom/objects/read_label_objects.h"
#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

constexpr Tag kReferencedFrames{0x3006, 0x0010};
constexpr Tag kReferencedStudies{0x3006, 0x0012};
constexpr Tag kReferencedSeries{0x3006, 0x0014};
constexpr Tag kContourImages{0x3006, 0x0016};
constexpr Tag kRegions{0x3006, 0x0020};
constexpr Tag kRegionNumber{0x3006, 0x0022};
constexpr Tag kRegionName{0x3006, 0x0026};
constexpr Tag kRegionContours{0x3006, 0x0039};
constexpr Tag kContours{0x3006, 0x0040};
constexpr Tag kContourType{0x3006, 0x0042};
constexpr Tag kContourData{0x3006, 0x0050};
constexpr Tag kReferencedRegion{0x3006, 0x0084};

using Points = std::vector<std::array<double, 2>>;

int whole_number(DcmItem& item, Tag tag) {
  std::optional<FieldProblem> ignored;
  return static_cast<int>(get_number(item, tag, ignored).value_or(-1));
}

LabelReferences references_of(DcmItem& dataset) {
  LabelReferences said;
  for (DcmItem* frame : items_of(dataset, kReferencedFrames)) {
    said.frame_of_reference = get_string(*frame, tag::kFrameOfReferenceUid);
    for (DcmItem* study : items_of(*frame, kReferencedStudies)) {
      for (DcmItem* item : items_of(*study, kReferencedSeries)) {
        said.series.push_back(get_string(*item, tag::kSeriesInstanceUid));
        for (DcmItem* image : items_of(*item, kContourImages)) {
          said.instances.push_back(get_string(*image, tag::kReferencedInstanceUid));
        }
      }
    }
  }
  return said;
}

std::vector<LabelSegment> regions_of(DcmItem& dataset) {
  const std::string character_set = get_string(dataset, tag::kSpecificCharacterSet);
  std::vector<LabelSegment> regions;
  for (DcmItem* item : items_of(dataset, kRegions)) {
    regions.push_back({whole_number(*item, kRegionNumber), get_text(*item, kRegionName, character_set), ""});
  }
  return regions;
}

struct PlacedContour {
  int64_t z = 0;
  Points points;
};

PlacedContour place(const std::vector<double>& mm, const LabelGrid& grid) {
  PlacedContour placed;
  const Size3& size = grid.geometry().size;
  for (size_t i = 0; i + 2 < mm.size(); i += 3) {
    const Vec3 position = {mm[i], mm[i + 1], mm[i + 2]};
    const int64_t z = grid.slice_at(position);
    if (i == 0) placed.z = z;
    if (z != placed.z) grid.throw_mismatch("a contour runs through several slices");
    const Vec3 index = grid.index_of(position);
    for (size_t axis = 0; axis < 2; ++axis) {
      if (index[axis] >= -1 && index[axis] <= static_cast<double>(size[axis])) continue;
      throw Error("INVALID_VALUE", grid.path() + " has a contour outside of its image", grid.path(),
                  field_name(kContourData), "Name the scan that was contoured.");
    }
    placed.points.push_back({index[0], index[1]});
  }
  return placed;
}

// Turns the pixels whose centres lie inside (even-odd), so that an outline within another one is a hole.
void toggle_inside(const Points& points, int64_t width, int64_t height, std::vector<uint8_t>& slice) {
  std::vector<double> crossings;
  const auto by_y = [](const auto& a, const auto& b) { return a[1] < b[1]; };
  const auto [lowest, highest] = std::ranges::minmax_element(points, by_y);
  const auto begin = std::max<int64_t>(0, static_cast<int64_t>(std::floor((*lowest)[1])));
  const auto end = std::min<int64_t>(height, static_cast<int64_t>(std::ceil((*highest)[1])) + 1);
  for (int64_t y = begin; y < end; ++y) {
    crossings.clear();
    const auto at = static_cast<double>(y);
    for (size_t i = 0; i < points.size(); ++i) {
      const auto& [x0, y0] = points[i];
      const auto& [x1, y1] = points[(i + 1) % points.size()];
      if ((y0 <= at) == (y1 <= at)) continue;
      crossings.push_back(x0 + (at - y0) / (y1 - y0) * (x1 - x0));
    }
    std::ranges::sort(crossings);
    for (size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const auto first = std::max<int64_t>(0, static_cast<int64_t>(std::ceil(crossings[i])));
      const auto last = std::min<int64_t>(width - 1, static_cast<int64_t>(std::floor(crossings[i + 1])));
      for (int64_t x = first; x <= last; ++x) slice[static_cast<size_t>(y * width + x)] ^= 1;
    }
  }
}

void read_region(DcmItem& region, int number, const LabelGrid& grid, LabelMask& mask, Run& run) {
  const Size3& size = grid.geometry().size;
  std::map<int64_t, std::vector<uint8_t>> slices;
  for (DcmItem* contour : items_of(region, kContours)) {
    run.check_cancelled();
    const std::string type = get_string(*contour, kContourType);
    if (!type.starts_with("CLOSED")) continue;  // points and open lines enclose nothing
    const std::vector<double> mm = numbers_of(*contour, kContourData, 0, grid);
    if (mm.size() % 3 != 0) {
      throw Error("CORRUPT_FILE", grid.path() + " is damaged: a contour ends within a point", grid.path(),
                  field_name(kContourData), "Fetch the file again.");
    }
    if (mm.empty()) continue;
    const PlacedContour placed = place(mm, grid);
    std::vector<uint8_t>& slice = slices[placed.z];
    slice.resize(static_cast<size_t>(grid.geometry().slice_pixels()));
    toggle_inside(placed.points, size[0], size[1], slice);
  }
  for (const auto& [z, slice] : slices) {
    for (size_t pixel = 0; pixel < slice.size(); ++pixel) {
      if (slice[pixel] != 0) mask.set(number, static_cast<int64_t>(pixel), z);
    }
  }
}

}  // namespace

LabelledMask read_structure_set(DcmDataset& dataset, const LabelGrid& grid, const std::vector<std::string>& chosen,
                                Run& run) {
  grid.check_references(references_of(dataset), run);
  const std::vector<DcmItem*> contours = items_of(dataset, kRegionContours);
  if (contours.empty()) {
    // A file that was cut between two elements reads as a whole one.
    throw Error("CORRUPT_FILE", grid.path() + " ends before its contours", grid.path(), field_name(kRegionContours),
                "Fetch the file again.");
  }
  LabelMask mask(grid, regions_of(dataset), chosen);
  for (DcmItem* region : contours) {
    const int number = whole_number(*region, kReferencedRegion);
    if (mask.wants(number)) read_region(*region, number, grid, mask, run);
  }
  return {mask.finish(run), mask.names()};
}

}  // namespace hepatica::dicom
