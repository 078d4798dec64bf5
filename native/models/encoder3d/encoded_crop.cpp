#include "models/encoder3d/encoded_crop.h"

#include <mutex>
#include <utility>

#include "runtime/caching_allocator.h"

namespace hepatica {
namespace {

// Of the process: the crop that keeps its features.
struct Newest {
  std::mutex mutex;  // of every crop's features too
  std::weak_ptr<EncodedCrop> crop;

  static Newest& of_process() {
    static Newest newest;
    return newest;
  }
};

}  // namespace

EncodedCrop::~EncodedCrop() { drop(); }

void EncodedCrop::keep(const Arithmetic& arithmetic, EncodedBox encoded) {
  Newest& newest = Newest::of_process();
  // Freed, with the crop that it may have been the last to hold, when the lock is not held any more.
  std::shared_ptr<EncodedCrop> before;
  std::optional<Kept> freed;
  const std::lock_guard lock(newest.mutex);
  before = newest.crop.lock();
  if (before) freed = std::exchange(before->kept_, std::nullopt);
  kept_ = Kept{arithmetic, std::move(encoded)};
  newest.crop = weak_from_this();
}

std::optional<EncoderFeatures> EncodedCrop::take(const Arithmetic& arithmetic, const std::vector<float>& values) {
  std::optional<Kept> kept = release();
  if (!kept || kept->arithmetic != arithmetic || kept->encoded.values != values) return std::nullopt;
  return std::move(kept->encoded.features);
}

void EncodedCrop::drop() {
  if (!release()) return;
  // No network may follow that would free what the allocator keeps of it (runtime/executor.h).
  release_cached_memory();
}

void EncodedCrop::make_room() {
  const std::shared_ptr<EncodedCrop> crop = [] {
    Newest& newest = Newest::of_process();
    const std::lock_guard lock(newest.mutex);
    return newest.crop.lock();
  }();
  if (crop) crop->release();
}

std::optional<EncodedCrop::Kept> EncodedCrop::release() {
  const std::lock_guard lock(Newest::of_process().mutex);
  return std::exchange(kept_, std::nullopt);
}

}  // namespace hepatica
