#include "dicom/assemble.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <mutex>
#include <type_traits>
#include <utility>

#include "core/huge_pages.h"
#include "core/parallel.h"
#include "dicom/decode.h"

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

template <class Hu>
RescaleCounts fill_volume(const SlicePlan& plan, const PixelSources& sources, Run& run, std::vector<Hu>& hu) {
  const auto pixels = static_cast<size_t>(plan.geometry.slice_pixels());
  resize_on_huge_pages(hu, pixels * plan.slots.size(), run);
  FrameDecoder<Hu> decoder(sources);
  std::mutex counts_mutex;
  RescaleCounts counts;
  std::atomic<size_t> done{0};
  parallel_for(static_cast<int64_t>(plan.slots.size()), run, [&](int64_t z) {
    const RescaleCounts of_slice = fill_slot(plan.slots[size_t(z)], decoder, pixels, hu.data() + pixels * size_t(z));
    {
      const std::lock_guard lock(counts_mutex);
      counts += of_slice;
    }
    const double fraction = static_cast<double>(++done) / static_cast<double>(plan.slots.size());
    run.progress(kScanFraction + (1 - kScanFraction) * fraction);
  });
  return counts;
}

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
  const PixelSources sources = open_pixel_sources(frames, run);
  Assembled result;
  result.volume.geometry = plan.geometry;
  if (std::ranges::any_of(frames, [](const FrameRef& frame) { return needs_float(frame.header()); })) {
    result.counts = fill_volume(plan, sources, run, result.volume.hu.emplace<std::vector<float>>());
  } else {
    result.counts = fill_volume(plan, sources, run, result.volume.hu.emplace<std::vector<int16_t>>());
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
