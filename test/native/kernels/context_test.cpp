// Tiles over three lanes: the host code of the kernel library on the interpreter's lazy streams.
#include "cuda/library/context.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "kernels/device_array.h"
#include "ops/equalize.h"
#include "ops/hu_window.h"

using namespace hepatica;
using namespace hepatica::cuda;

namespace {

// Eleven slices; the last tile is not full, and the slices' size is no multiple of a vector's width.
constexpr Shape kVolume = {33, 17, 11};
constexpr int64_t kTwoSlices = 2 * 33 * 17;

template <class Hu>
std::vector<Hu> make_volume() {
  std::mt19937 random(6);
  std::vector<Hu> hu(kVolume.voxels());
  for (Hu& value : hu) value = static_cast<Hu>(static_cast<int>(random() % 700) - 200);
  return hu;
}

template <class Hu>
Job job_for(const std::vector<Hu>& hu) {
  Job job = {};
  job.hu = hu.data();
  job.is_float = std::is_same_v<Hu, float>;
  job.hu_min = -100;
  job.hu_max = 400;
  job.equalize = 1;
  job.slice_pixels = kVolume.pixels();
  job.slices = kVolume.slices;
  return job;
}

template <class Hu>
std::vector<uint8_t> on_cpu(const std::vector<Hu>& hu, bool equalize) {
  std::vector<uint8_t> picture(hu.size());
  quantize_slice(hu.data(), static_cast<int64_t>(hu.size()), HuWindow{}, picture.data());
  for (int64_t z = 0; equalize && z < kVolume.slices; ++z) {
    uint8_t* const slice = picture.data() + z * kVolume.pixels();
    equalize_slice(slice, kVolume.pixels(), slice);
  }
  return picture;
}

template <class Hu>
void compare(Context& context) {
  const std::vector<Hu> hu = make_volume<Hu>();
  const Job job = job_for(hu);
  std::vector<uint8_t> picture(hu.size());
  std::vector<uint8_t> clipped(hu.size());
  REQUIRE(context.preprocess(job, {.host_picture = picture.data(), .host_clipped = clipped.data()}));
  CHECK(picture == on_cpu(hu, true));
  CHECK(clipped == on_cpu(hu, false));

  const DeviceArray<uint8_t> on_device(hu.size());
  REQUIRE(context.preprocess(job, {.device_picture = on_device.data()}));
  CHECK(on_device.to_host() == picture);
}

}  // namespace

TEST_CASE("tiles of one slice, of two, and of all give the CPU's bytes on the host and on the device") {
  for (const auto& [order, preempt] : kInterleavings) {
    const Interleaving interleaving(order, preempt);
    for (const int64_t tile_voxels : {int64_t{1}, kTwoSlices, kTileVoxels}) {
      CAPTURE(order);
      CAPTURE(tile_voxels);
      Context context(0, tile_voxels);
      compare<int16_t>(context);
      compare<float>(context);
    }
  }
}

TEST_CASE("without equalization the picture is the clipped one") {
  const std::vector<int16_t> hu = make_volume<int16_t>();
  Job job = job_for(hu);
  job.equalize = 0;
  std::vector<uint8_t> picture(hu.size());
  Context context(0, kTwoSlices);
  REQUIRE(context.preprocess(job, {.host_picture = picture.data()}));
  CHECK(picture == on_cpu(hu, false));
}

TEST_CASE("a cancel between tiles stops, and the context can be used again") {
  const std::vector<int16_t> hu = make_volume<int16_t>();
  Job job = job_for(hu);
  int64_t last_done = 0;
  job.user = &last_done;
  job.keep_going = [](void* user, int64_t slices_done) -> int32_t {
    *static_cast<int64_t*>(user) = slices_done;
    return slices_done < 4;
  };
  std::vector<uint8_t> picture(hu.size());
  Context context(0, kTwoSlices);
  CHECK_FALSE(context.preprocess(job, {.host_picture = picture.data()}));
  CHECK(last_done == 4);
  compare<int16_t>(context);
}

TEST_CASE("progress counts up to all slices") {
  const std::vector<int16_t> hu = make_volume<int16_t>();
  Job job = job_for(hu);
  std::vector<int64_t> reported;
  job.user = &reported;
  job.keep_going = [](void* user, int64_t slices_done) -> int32_t {
    static_cast<std::vector<int64_t>*>(user)->push_back(slices_done);
    return 1;
  };
  std::vector<uint8_t> picture(hu.size());
  Context context(0, kTwoSlices);
  REQUIRE(context.preprocess(job, {.host_picture = picture.data()}));
  CHECK(std::is_sorted(reported.begin(), reported.end()));
  CHECK(reported.back() == kVolume.slices);
}
