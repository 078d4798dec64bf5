#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcsequen.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/error.h"
#include "dicom/objects/read_label_objects.h"
#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

constexpr Tag kSegments{0x0062, 0x0002};
constexpr Tag kSegmentNumber{0x0062, 0x0004};
constexpr Tag kSegmentLabel{0x0062, 0x0005};
constexpr Tag kPropertyType{0x0062, 0x000f};
constexpr Tag kSegmentIdentification{0x0062, 0x000a};
constexpr Tag kReferencedSegment{0x0062, 0x000b};
constexpr Tag kSegmentationType{0x0062, 0x0001};
constexpr Tag kMaximumFraction{0x0062, 0x000e};
constexpr Tag kDerivationImage{0x0008, 0x9124};
constexpr Tag kSourceImage{0x0008, 0x2112};

[[noreturn]] void throw_corrupt(const LabelGrid& grid, const std::string& why) {
  throw Error("CORRUPT_FILE", grid.path() + " is damaged: " + why, grid.path(), "", "Fetch the file again.");
}

std::vector<LabelSegment> segments_of(DcmItem& dataset) {
  const std::string character_set = get_string(dataset, tag::kSpecificCharacterSet);
  std::vector<LabelSegment> segments;
  for (DcmItem* item : items_of(dataset, kSegments)) {
    LabelSegment segment;
    segment.number = get_u16(*item, kSegmentNumber).value_or(0);
    segment.label = get_text(*item, kSegmentLabel, character_set);
    if (DcmItem* type = first_item(*item, kPropertyType)) {
      segment.code = get_string(*type, {0x0008, 0x0102}) + ":" + get_string(*type, {0x0008, 0x0100});
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

LabelReferences references_of(DcmItem& dataset) {
  LabelReferences said;
  said.frame_of_reference = get_string(dataset, tag::kFrameOfReferenceUid);
  for (DcmItem* item : items_of(dataset, tag::kReferencedSeries)) {
    said.series.push_back(get_string(*item, tag::kSeriesInstanceUid));
    for (DcmItem* instance : items_of(*item, tag::kReferencedInstances)) {
      said.instances.push_back(get_string(*instance, tag::kReferencedInstanceUid));
    }
  }
  return said;
}

// The group of a frame: its own, or the one that all share.
DcmItem* group_of(DcmItem& frame, DcmItem* shared, Tag sequence) {
  if (DcmItem* own = first_item(frame, sequence)) return own;
  return shared ? first_item(*shared, sequence) : nullptr;
}

void check_plane(DcmItem& frame, DcmItem* shared, const LabelGrid& grid) {
  const Geometry& geometry = grid.geometry();
  if (DcmItem* plane = group_of(frame, shared, tag::kPlaneOrientation)) {
    const std::vector<double> cosines = numbers_of(*plane, tag::kImageOrientation, 6, grid);
    for (size_t i = 0; i < 6; ++i) {
      const double expected = geometry.direction[3 * (i % 3) + i / 3];
      if (std::abs(cosines[i] - expected) > 1e-3) grid.throw_mismatch("its rows and columns run otherwise");
    }
  }
  if (DcmItem* measures = group_of(frame, shared, tag::kPixelMeasures)) {
    const std::vector<double> spacing = numbers_of(*measures, tag::kPixelSpacing, 2, grid);
    if (std::abs(spacing[0] - geometry.spacing_mm[1]) > 1e-3 * geometry.spacing_mm[1] ||
        std::abs(spacing[1] - geometry.spacing_mm[0]) > 1e-3 * geometry.spacing_mm[0]) {
      grid.throw_mismatch("its pixels have another size");
    }
  }
}

std::optional<int64_t> referenced_slice(DcmItem& frame, DcmItem* shared, const LabelGrid& grid) {
  DcmItem* derivation = group_of(frame, shared, kDerivationImage);
  if (!derivation) return std::nullopt;
  const std::vector<DcmItem*> images = items_of(*derivation, kSourceImage);
  if (images.size() != 1) return std::nullopt;  // of an interpolated slice, or of the whole series
  std::optional<FieldProblem> ignored;
  const double of_frame = get_number(*images[0], tag::kReferencedFrame, ignored).value_or(0);
  return grid.slice_of(get_string(*images[0], tag::kReferencedInstanceUid), static_cast<int>(of_frame));
}

int64_t slice_of_frame(DcmItem& frame, DcmItem* shared, const LabelGrid& grid) {
  check_plane(frame, shared, grid);
  const std::optional<int64_t> referenced = referenced_slice(frame, shared, grid);
  DcmItem* plane = group_of(frame, shared, tag::kPlanePosition);
  if (!plane) {
    if (referenced) return *referenced;
    grid.throw_mismatch("a frame has neither a position nor a source image");
  }
  const std::vector<double> mm = numbers_of(*plane, tag::kImagePosition, 3, grid);
  const Vec3 position = {mm[0], mm[1], mm[2]};
  const int64_t z = grid.slice_at(position);
  const Vec3 index = grid.index_of(position);
  if (std::abs(index[0]) > 0.05 || std::abs(index[1]) > 0.05) grid.throw_mismatch("a frame is shifted in its plane");
  if (referenced && *referenced != z) grid.throw_mismatch("a frame lies on another image than it names");
  return z;
}

// Frames as one value a pixel: 0 or 1, a fraction, or a segment's number.
class Pixels {
 public:
  Pixels(DcmDataset& dataset, const LabelGrid& grid) {
    rows_ = get_u16(dataset, tag::kRows).value_or(0);
    columns_ = get_u16(dataset, tag::kColumns).value_or(0);
    bits_ = get_u16(dataset, tag::kBitsAllocated).value_or(0);
    if (rows_ == 0 || columns_ == 0) throw_corrupt(grid, "it does not say how many pixels it has");
    if (columns_ != grid.geometry().size[0] || rows_ != grid.geometry().size[1]) {
      grid.throw_mismatch("it has " + std::to_string(columns_) + " x " + std::to_string(rows_) + " pixels");
    }
    if (dataset.chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad()) {
      throw Error("UNSUPPORTED_TRANSFER_SYNTAX", grid.path() + " is compressed in a way that hepatica does not read",
                  grid.path(), "", "Store it uncompressed.");
    }
    DcmElement* element = nullptr;
    if (dataset.findAndGetElement(DCM_PixelData, element).bad() || element->getUint8Array(bytes_).bad() || !bytes_) {
      throw_corrupt(grid, "it has no pixels");
    }
    count_ = element->getLengthField();
    if (bits_ != 1 && bits_ != 8 && bits_ != 16) throw_corrupt(grid, "BitsAllocated is " + std::to_string(bits_));
  }

  bool has_frames(size_t frames) const {
    return static_cast<uint64_t>(count_) * 8 >= static_cast<uint64_t>(frames) * pixels() * bits_;
  }
  uint64_t pixels() const { return static_cast<uint64_t>(rows_) * columns_; }
  unsigned at(size_t frame, uint64_t pixel) const {
    const uint64_t i = frame * pixels() + pixel;
    if (bits_ == 1) return (bytes_[i / 8] >> (i % 8)) & 1u;
    if (bits_ == 8) return bytes_[i];
    return bytes_[2 * i] | static_cast<unsigned>(bytes_[2 * i + 1] << 8);
  }

 private:
  int64_t rows_ = 0;
  int64_t columns_ = 0;
  unsigned bits_ = 0;
  Uint8* bytes_ = nullptr;
  Uint32 count_ = 0;
};

enum class Kind { kBinary, kFractional, kLabelMap };

Kind kind_of(DcmItem& dataset) {
  const std::string type = get_string(dataset, kSegmentationType);
  return type == "FRACTIONAL" ? Kind::kFractional : type == "LABELMAP" ? Kind::kLabelMap : Kind::kBinary;
}

int segment_of_frame(DcmItem& frame, DcmItem* shared, const LabelGrid& grid) {
  DcmItem* identification = group_of(frame, shared, kSegmentIdentification);
  const std::optional<uint16_t> number = identification ? get_u16(*identification, kReferencedSegment) : std::nullopt;
  if (!number) throw_corrupt(grid, "a frame names no segment");
  return *number;
}

}  // namespace

std::vector<DcmItem*> items_of(DcmItem& parent, Tag sequence) {
  std::vector<DcmItem*> items;
  DcmSequenceOfItems* found = nullptr;
  if (parent.findAndGetSequence(DcmTagKey(sequence.group, sequence.element), found).bad() || !found) return items;
  DcmObject* item = nullptr;
  while ((item = found->nextInContainer(item)) != nullptr) items.push_back(static_cast<DcmItem*>(item));
  return items;
}

std::vector<double> numbers_of(DcmItem& item, Tag tag, size_t count, const LabelGrid& grid) {
  std::vector<double> numbers;
  for (const std::string& text : get_strings(item, tag)) {
    const std::optional<double> number = parse_number(text);
    if (!number) throw_corrupt(grid, field_name(tag) + " holds \"" + text + "\"");
    numbers.push_back(*number);
  }
  if (count != 0 && numbers.size() != count) throw_corrupt(grid, field_name(tag) + " has not the values that it needs");
  return numbers;
}

LabelledMask read_segmentation(DcmDataset& dataset, const LabelGrid& grid, const std::vector<std::string>& chosen,
                               Run& run) {
  grid.check_references(references_of(dataset), run);
  LabelMask mask(grid, segments_of(dataset), chosen);
  const Kind kind = kind_of(dataset);
  const Pixels pixels(dataset, grid);
  const std::vector<DcmItem*> frames = items_of(dataset, tag::kPerFrameFunctionalGroups);
  if (frames.empty() || !pixels.has_frames(frames.size())) throw_corrupt(grid, "its pixels are fewer than its frames");
  std::optional<FieldProblem> ignored;
  const double said = get_number(dataset, tag::kNumberOfFrames, ignored).value_or(0);
  if (said != static_cast<double>(frames.size())) {
    throw_corrupt(grid, "it tells of " + std::to_string(frames.size()) + " of its frames where they lie");
  }
  DcmItem* shared = first_item(dataset, tag::kSharedFunctionalGroups);
  const unsigned half = (get_u16(dataset, kMaximumFraction).value_or(255) + 1u) / 2;
  for (size_t i = 0; i < frames.size(); ++i) {
    run.check_cancelled();
    const int segment = kind == Kind::kLabelMap ? 0 : segment_of_frame(*frames[i], shared, grid);
    if (kind != Kind::kLabelMap && !mask.wants(segment)) continue;
    const int64_t z = slice_of_frame(*frames[i], shared, grid);
    for (uint64_t pixel = 0; pixel < pixels.pixels(); ++pixel) {
      const unsigned value = pixels.at(i, pixel);
      if (value == 0 || (kind == Kind::kFractional && value < half)) continue;
      const int number = kind == Kind::kLabelMap ? static_cast<int>(value) : segment;
      if (mask.wants(number)) mask.set(number, static_cast<int64_t>(pixel), z);
    }
  }
  return {mask.finish(run), mask.names()};
}

}  // namespace hepatica::dicom
