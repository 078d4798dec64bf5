#include "cuda/library/context.h"

#include <algorithm>

#include "cuda/launch.cuh"

namespace hepatica::cuda {
namespace {

bool keep_going(const Job& job, int64_t slices_done) {
  return !job.keep_going || job.keep_going(job.user, slices_done);
}

}  // namespace

int64_t Context::slices_per_tile(const Job& job) const {
  return std::clamp<int64_t>(tile_voxels_ / job.slice_pixels, 1, std::min(job.slices, kMaxLaunchSlices));
}

bool Context::preprocess(const Job& job, const Destination& destination) {
  const int64_t tile_slices = slices_per_tile(job);
  const int64_t tiles = (job.slices + tile_slices - 1) / tile_slices;
  int64_t done = 0;
  try {
    // Once more round than there are tiles, to empty every lane.
    for (int64_t tile = 0; tile < tiles + kLanes; ++tile) {
      Lane& lane = lanes_[static_cast<size_t>(tile % kLanes)];
      done += lane.finish(job, destination);
      if (!keep_going(job, done)) {
        for (Lane& started : lanes_) started.abandon();
        return false;
      }
      if (tile >= tiles) continue;
      lane.reserve(job, destination, tile_slices);
      const int64_t first_slice = tile * tile_slices;
      lane.start(job, destination, {first_slice, std::min(tile_slices, job.slices - first_slice)});
    }
  } catch (...) {
    for (Lane& started : lanes_) started.abandon();
    throw;
  }
  return true;
}

}  // namespace hepatica::cuda
