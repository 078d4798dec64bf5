#include "dicom/held_pixels.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/parallel.h"
#include "dicom/check.h"
#include "dicom/classify.h"

namespace hepatica::dicom {
namespace {

// Decoders write words, whatever the header says of its cells.
int cell_bytes(const DicomObject& object) {
  return is_plain(object) ? object.format.bits_allocated / 8 : int{sizeof(uint16_t)};
}

size_t frame_bytes_of(const DicomObject& object) {
  return size_t(object.format.rows) * size_t(object.format.columns) * size_t(cell_bytes(object));
}

bool can_be_chosen(const DicomObject& object) {
  if (find_unfit(object)) return false;
  try {
    check_objects({&object}, true);
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

HeldPixels::HeldPixels(const DicomObject& object)
    : frame_bytes_(frame_bytes_of(object)),
      cells_(frame_bytes_ * object.frames.size()),
      frames_(object.frames.size()) {}

bool HeldPixels::open(const DicomObject& object, PixelSources& sources, Run& run) {
  std::vector<FrameRef> all;
  for (int i = 0; i < static_cast<int>(frames_.size()); ++i) all.push_back({&object, i});
  try {
    sources.merge(open_pixel_sources(all, run));
    return true;
  } catch (const Error& error) {
    for (Frame& frame : frames_) frame.failure = error;
    return false;
  }
}

void HeldPixels::decode(const FrameRef& frame, const PixelSources& sources) {
  Frame& held = frames_[size_t(frame.frame)];
  try {
    std::vector<uint8_t> cells;
    held.info = decode_frame(frame, sources, cells);
    std::memcpy(cells_.data() + frame_bytes_ * size_t(frame.frame), cells.data(), std::min(cells.size(), frame_bytes_));
  } catch (const Error& error) {
    held.failure = error;
  }
}

HeldPixels::Cells HeldPixels::frame(int index) const {
  const Frame& held = frames_[size_t(index)];
  if (held.failure) throw Error(*held.failure);
  return {cells_.data() + frame_bytes_ * size_t(index), held.info};
}

void HeldPixels::let_go(int index) { cells_.let_go(frame_bytes_ * size_t(index), frame_bytes_); }

size_t bytes_to_hold(const DicomObject& object) {
  return can_be_chosen(object) ? frame_bytes_of(object) * object.frames.size() : 0;
}

void hold_pixels(const std::vector<DicomObject*>& objects, Run& run) {
  struct Work {
    FrameRef frame;
    HeldPixels* held;
  };
  std::vector<Work> work;
  std::vector<std::pair<DicomObject*, std::shared_ptr<HeldPixels>>> objects_held;
  PixelSources sources;
  for (DicomObject* object : objects) {
    if (!can_be_chosen(*object)) continue;
    auto held = std::make_shared<HeldPixels>(*object);
    if (held->open(*object, sources, run)) {
      for (int i = 0; i < static_cast<int>(object->frames.size()); ++i) work.push_back({{object, i}, held.get()});
    }
    objects_held.emplace_back(object, std::move(held));
  }
  parallel_for(static_cast<int64_t>(work.size()), run,
               [&](int64_t i) { work[size_t(i)].held->decode(work[size_t(i)].frame, sources); });
  for (auto& [object, held] : objects_held) object->held = std::move(held);
  for (DicomObject* object : objects) object->memory.reset();
}

}  // namespace hepatica::dicom
