#include "ops/preprocess.h"

#include <cmath>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

Volume synthetic_volume(SliceSize size, int64_t slices) {
  const std::array<const char*, 4> kinds = {"body", "noise", "constant", "air"};
  std::vector<int16_t> hu;
  for (int64_t z = 0; z < slices; ++z) {
    const std::vector<int16_t> slice = synthetic_slice(kinds[z % 4], size);
    hu.insert(hu.end(), slice.begin(), slice.end());
  }
  return {grid(size.width, size.height, slices), std::move(hu)};
}

std::vector<uint8_t> slice_of(const ByteVolume& volume, int64_t z) {
  return {volume.slice(z), volume.slice(z) + volume.geometry.slice_pixels()};
}

}  // namespace

TEST_CASE("each slice of a volume is clipped and equalized on its own") {
  const Volume volume = synthetic_volume({33, 17}, 6);
  Run run;
  const Preprocessed stages = preprocess_stages(volume, {}, run);
  CHECK(stages.equalized.geometry == volume.geometry);
  CHECK(fnv1a(slice_of(stages.clipped, 0)) == golden("quantize", "body", {33, 17}));
  CHECK(fnv1a(slice_of(stages.equalized, 0)) == golden("equalize", "body", {33, 17}));
  CHECK(fnv1a(slice_of(stages.equalized, 5)) == golden("equalize", "noise", {33, 17}));
  CHECK(fnv1a(slice_of(stages.equalized, 2)) == golden("equalize", "constant", {33, 17}));
  CHECK(preprocess(volume, {}, run).voxels == stages.equalized.voxels);
  CHECK(run.timings_ms().count("preprocess") == 1);
}

TEST_CASE("a volume of floats gives the integers' bytes, NaN the padding's") {
  const Volume integers = synthetic_volume({64, 48}, 3);
  std::vector<float> hu;
  for (const int16_t value : std::get<0>(integers.hu)) hu.push_back(value == -3024 ? NAN : static_cast<float>(value));
  Run run;
  CHECK(preprocess({integers.geometry, hu}, {}, run).voxels == preprocess(integers, {}, run).voxels);
}

TEST_CASE("the options none and clahe") {
  const Volume volume = synthetic_volume({40, 24}, 1);
  Run run;
  PreprocessOptions options;
  options.equalization = Equalization::kNone;
  CHECK(fnv1a(preprocess(volume, options, run).voxels) == golden("quantize", "body", {40, 24}));
  CHECK(preprocess_stages(volume, options, run).equalized.voxels == preprocess(volume, options, run).voxels);
  options.equalization = Equalization::kClahe;
  CHECK(fnv1a(preprocess(volume, options, run).voxels) == golden("clahe", "body", {40, 24}));
  CHECK(preprocess_stages(volume, options, run).equalized.voxels == preprocess(volume, options, run).voxels);
}

TEST_CASE("the bytes don't depend on the number of threads") {
  const Volume volume = synthetic_volume({100, 75}, 13);
  for (const Equalization equalization : {Equalization::kGlobal, Equalization::kClahe, Equalization::kNone}) {
    PreprocessOptions options;
    options.equalization = equalization;
    Run one;
    one.threads = 1;
    const ByteVolume expected = preprocess(volume, options, one);
    for (const int threads : {2, 5, 32}) {
      Run run;
      run.threads = threads;
      CHECK(preprocess(volume, options, run).voxels == expected.voxels);
    }
  }
}

TEST_CASE("no slices, a wrong window, a cancelled run") {
  Run run;
  CHECK(preprocess({grid(5, 5, 0), std::vector<int16_t>{}}, {}, run).voxels.empty());
  const Volume volume = synthetic_volume({7, 1}, 1);
  PreprocessOptions options;
  options.hu_max = -200;
  CHECK_THROWS_AS(preprocess(volume, options, run), Error);
  run.cancel();
  CHECK_THROWS_AS(preprocess(volume, {}, run), Cancelled);
}
