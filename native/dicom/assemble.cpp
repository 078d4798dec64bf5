#include "dicom/assemble.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <type_traits>
#include <utility>

#include "core/huge_pages.h"
#include "core/parallel.h"
#include "dicom/decode.h"
#include "dicom/held_pixels.h"

namespace hepatica::dicom {
namespace {

// Header scanning has reported the part before (scan.cpp).
constexpr double kScanFraction = 0.3;

// Buffers for compressed frames: as many as there are threads at work, used over and over.
class ScratchPool {
 public:
  std::vector<uint8_t> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return {};
    std::vector<uint8_t> buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }
  void give(std::vector<uint8_t> buffer) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffer));
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<uint8_t>> free_;
};

template <class Hu>
class FrameDecoder {
 public:
  explicit FrameDecoder(const PixelSources& sources) : sources_(sources) {}

  RescaleCounts decode(const FrameRef& frame, Hu* hu) {
    const DicomObject& object = *frame.object;
    const size_t count = size_t(object.format.rows) * size_t(object.format.columns);
    if (object.held) {
      const HeldPixels::Cells held = object.held->frame(frame.frame);
      return rescale_cells(held.cells, held.info, count, *tables_.get(frame, held.info), hu);
    }
    if (std::is_same_v<Hu, int16_t> && is_plain(object) && object.format.bits_allocated == 16) {
      read_plain_frame(frame, hu);
      const CellInfo info{.bytes = 2, .swap_bytes = object.encoding.big_endian};
      return rescale_cells(hu, info, count, *tables_.get(frame, info), hu);
    }
    std::vector<uint8_t> cells = pool_.take();
    const CellInfo info = decode_frame(frame, sources_, cells);
    const RescaleCounts counts = rescale_cells(cells.data(), info, count, *tables_.get(frame, info), hu);
    pool_.give(std::move(cells));
    return counts;
  }

 private:
  const PixelSources& sources_;
  HuTables<Hu> tables_;
  ScratchPool pool_;
};

template <class Hu>
void mix_slices(const std::vector<Hu>& below, const std::vector<Hu>& above, double weight, Hu* out) {
  for (size_t i = 0; i < below.size(); ++i) {
    const double mixed = (1 - weight) * below[i] + weight * above[i];
    out[i] = std::is_integral_v<Hu> ? static_cast<Hu>(std::lround(mixed)) : static_cast<Hu>(mixed);
  }
}

template <class Hu>
RescaleCounts fill_slot(const Slot& slot, FrameDecoder<Hu>& decoder, size_t pixels, Hu* out) {
  if (!slot.above) return decoder.decode(slot.frame, out);
  std::vector<Hu> below(pixels);
  std::vector<Hu> above(pixels);
  decoder.decode(slot.frame, below.data());
  decoder.decode(*slot.above, above.data());
  mix_slices(below, above, slot.above_weight, out);
  return {};  // both frames are counted where they stand
}

// Of frames in memory: how many of the plan's slots still need each.
class FrameUses {
 public:
  explicit FrameUses(const std::vector<FrameRef>& frames) {
    for (const FrameRef& frame : frames) {
      if (frame.object->held) ++left_[{frame.object, frame.frame}];
    }
  }
  bool empty() const { return left_.empty(); }

  void use(const FrameRef& frame) {
    const auto found = left_.find({frame.object, frame.frame});
    if (found != left_.end() && --found->second == 0) frame.object->held->let_go(frame.frame);
  }

 private:
  std::map<std::pair<const DicomObject*, int>, int> left_;
};

template <class Hu>
class VolumeFiller {
 public:
  VolumeFiller(const SlicePlan& plan, const std::vector<FrameRef>& frames, Run& run, std::vector<Hu>& hu)
      : plan_(plan), run_(run), sources_(open_pixel_sources(frames, run)), decoder_(sources_), uses_(frames), hu_(hu) {}

  RescaleCounts fill() {
    const size_t slices = plan_.slots.size();
    if (uses_.empty()) {
      resize_on_huge_pages(hu_, pixels_ * slices, run_);
      fill_slots(0, slices);
      return counts_;
    }
    // Frames in memory go as the volume comes, so that there is no moment when both take all of their memory.
    constexpr size_t kStretch = 16;
    reserve_on_huge_pages(hu_, pixels_ * slices);
    for (size_t begin = 0; begin < slices; begin += kStretch) {
      const size_t end = std::min(slices, begin + kStretch);
      hu_.resize(pixels_ * end);
      fill_slots(begin, end);
      for (size_t z = begin; z < end; ++z) let_go(plan_.slots[z]);
    }
    return counts_;
  }

 private:
  void fill_slots(size_t begin, size_t end) {
    parallel_for(static_cast<int64_t>(end - begin), run_, [&](int64_t i) {
      const size_t z = begin + size_t(i);
      const RescaleCounts of_slice = fill_slot(plan_.slots[z], decoder_, pixels_, hu_.data() + pixels_ * z);
      {
        const std::lock_guard lock(counts_mutex_);
        counts_ += of_slice;
      }
      const double fraction = static_cast<double>(++done_) / static_cast<double>(plan_.slots.size());
      run_.progress(kScanFraction + (1 - kScanFraction) * fraction);
    });
  }

  void let_go(const Slot& slot) {
    uses_.use(slot.frame);
    if (slot.above) uses_.use(*slot.above);
  }

  const SlicePlan& plan_;
  Run& run_;
  const PixelSources sources_;
  FrameDecoder<Hu> decoder_;
  FrameUses uses_;
  std::vector<Hu>& hu_;
  const size_t pixels_ = static_cast<size_t>(plan_.geometry.slice_pixels());
  std::mutex counts_mutex_;
  RescaleCounts counts_;
  std::atomic<size_t> done_{0};
};

std::vector<FrameRef> frames_of(const SlicePlan& plan) {
  std::vector<FrameRef> frames;
  for (const Slot& slot : plan.slots) {
    frames.push_back(slot.frame);
    if (slot.above) frames.push_back(*slot.above);
  }
  return frames;
}

}  // namespace

Assembled assemble_volume(const SlicePlan& plan, Run& run) {
  const StageTimer timer(run, "decode");
  const std::vector<FrameRef> frames = frames_of(plan);
  Assembled result;
  result.volume.geometry = plan.geometry;
  if (std::ranges::any_of(frames, [](const FrameRef& frame) { return needs_float(frame.header()); })) {
    result.counts = VolumeFiller(plan, frames, run, result.volume.hu.emplace<std::vector<float>>()).fill();
  } else {
    result.counts = VolumeFiller(plan, frames, run, result.volume.hu.emplace<std::vector<int16_t>>()).fill();
  }
  return result;
}

namespace {

std::vector<float> decode_alone(const FrameRef& frame, Run& run) {
  const PixelSources sources = open_pixel_sources({frame}, run);
  FrameDecoder<float> decoder(sources);
  std::vector<float> hu(size_t(frame.object->format.rows) * size_t(frame.object->format.columns));
  decoder.decode(frame, hu.data());
  return hu;
}

}  // namespace

bool have_same_pixels(const FrameRef& a, const FrameRef& b, Run& run) {
  return decode_alone(a, run) == decode_alone(b, run);
}

uint64_t hash_of_pixels(const FrameRef& frame, Run& run) {
  constexpr uint64_t kFnvOffset = 0xcbf29ce484222325;
  constexpr uint64_t kFnvPrime = 0x100000001b3;
  uint64_t hash = kFnvOffset;
  for (const float hu : decode_alone(frame, run)) {
    hash = (hash ^ std::bit_cast<uint32_t>(hu + 0.0f)) * kFnvPrime;  // + 0: of both zeros the same
  }
  return hash;
}

}  // namespace hepatica::dicom
