#include "dicom/fragments.h"

#include <algorithm>

#include "core/error.h"

namespace hepatica::dicom {
namespace {

constexpr size_t kItemHeader = 8;
constexpr size_t kMaxFragments = 1'000'000;

struct Encapsulated {
  std::vector<uint8_t> offset_table;
  std::vector<Fragment> fragments;
};

Encapsulated walk_fragments(const File& file, const DicomObject& object) {
  Encapsulated data;
  uint64_t offset = object.pixels->value_offset;
  for (bool first = true;; first = false) {
    uint8_t head[kItemHeader];
    if (file.read_at(offset, head, kItemHeader) < kItemHeader) {
      throw_corrupt_pixels(object, "its pixels end without a delimiter");
    }
    const Tag item{read_u16(head, false), read_u16(head + 2, false)};
    if (item == tag::kSequenceDelimitation) return data;
    const Fragment fragment{offset + kItemHeader, read_u32(head + 4, false)};
    if (item != tag::kItem || fragment.length == kUndefinedLength) {
      throw_corrupt_pixels(object, "its encapsulated pixels hold something other than fragments");
    }
    if (fragment.offset + fragment.length > file.size() || data.fragments.size() > kMaxFragments) {
      throw_corrupt_pixels(object, "a fragment of its pixels is longer than the file");
    }
    if (first) {
      data.offset_table.resize(fragment.length);
      file.read_at(fragment.offset, data.offset_table.data(), fragment.length);
    } else {
      data.fragments.push_back(fragment);
    }
    offset = fragment.offset + fragment.length;
  }
}

// Offsets of the frames' first items, counted from the first item after the basic offset table.
std::vector<uint64_t> frame_offsets(const DicomObject& object, const Encapsulated& data) {
  const auto frames = object.frames.size();
  std::vector<uint64_t> offsets;
  if (object.extended_offsets.size() == 8 * frames) {
    for (size_t i = 0; i < frames; ++i) {
      const uint8_t* at = object.extended_offsets.data() + 8 * i;
      offsets.push_back(uint64_t{read_u32(at, false)} | uint64_t{read_u32(at + 4, false)} << 32);
    }
  } else if (data.offset_table.size() == 4 * frames) {
    for (size_t i = 0; i < frames; ++i) offsets.push_back(read_u32(data.offset_table.data() + 4 * i, false));
  }
  return offsets;
}

FrameFragments by_offsets(const DicomObject& object, const Encapsulated& data, const std::vector<uint64_t>& offsets) {
  FrameFragments frames(offsets.size());
  const uint64_t base = data.fragments[0].offset;
  size_t frame = 0;
  for (const Fragment& fragment : data.fragments) {
    if (frame + 1 < offsets.size() && fragment.offset - base == offsets[frame + 1]) ++frame;
    frames[frame].push_back(fragment);
  }
  if (offsets[0] != 0 || frame + 1 != offsets.size()) {
    throw_corrupt_pixels(object, "its offset table does not match its fragments");
  }
  return frames;
}

// A JPEG or JPEG-LS stream begins with FFD8, a JPEG 2000 one with FF4F.
FrameFragments by_markers(const File& file, const DicomObject& object, const Encapsulated& data) {
  FrameFragments frames;
  for (const Fragment& fragment : data.fragments) {
    uint8_t marker[2] = {0, 0};
    if (fragment.length >= 2) file.read_at(fragment.offset, marker, 2);
    const bool begins = marker[0] == 0xff && (marker[1] == 0xd8 || marker[1] == 0x4f);
    if (begins || frames.empty()) frames.emplace_back();
    frames.back().push_back(fragment);
  }
  if (frames.size() != object.frames.size()) {
    throw_corrupt_pixels(object,
                         "its fragments cannot be assigned to " + std::to_string(object.frames.size()) + " frames");
  }
  return frames;
}

}  // namespace

FrameFragments locate_frames(const File& file, const DicomObject& object) {
  if (object.pixels->length != kUndefinedLength) {
    throw_corrupt_pixels(object, "its transfer syntax is compressed but its pixels are not");
  }
  const Encapsulated data = walk_fragments(file, object);
  const size_t frames = object.frames.size();
  if (data.fragments.size() < frames) throw_corrupt_pixels(object, "it has fewer fragments of pixels than frames");
  if (frames == 1) return {data.fragments};
  if (data.fragments.size() == frames) {
    FrameFragments each;
    for (const Fragment& fragment : data.fragments) each.push_back({fragment});
    return each;
  }
  const std::vector<uint64_t> offsets = frame_offsets(object, data);
  return offsets.empty() ? by_markers(file, object, data) : by_offsets(object, data, offsets);
}

std::vector<uint8_t> read_fragments(const File& file, const DicomObject& object,
                                    const std::vector<Fragment>& fragments) {
  uint64_t total = 0;
  for (const Fragment& fragment : fragments) total += fragment.length;
  std::vector<uint8_t> bytes(static_cast<size_t>(total));
  size_t at = 0;
  for (const Fragment& fragment : fragments) {
    if (file.read_at(fragment.offset, bytes.data() + at, fragment.length) < fragment.length) {
      throw_corrupt_pixels(object, "the file ends within its pixels");
    }
    at += fragment.length;
  }
  return bytes;
}

void throw_corrupt_pixels(const DicomObject& object, const std::string& why) {
  throw Error("CORRUPT_FILE", object.path + ": " + why, object.path, field_name(tag::kPixelData),
              "Fetch or export the file again.");
}

}  // namespace hepatica::dicom
