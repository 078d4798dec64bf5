#include "ops/fill_holes.h"

#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("filled slices are scipy.ndimage.binary_fill_holes'") {
  for (const SliceSize size : kSizes) {
    for (const char* kind : {"body", "sparse", "half", "dense"}) {
      CAPTURE(kind);
      CAPTURE(size.width);
      std::vector<uint8_t> slice = synthetic_mask(kind, size);
      fill_holes_slice(slice.data(), size.width, size.height);
      CHECK(fnv1a(slice) == golden("fill_holes", kind, size));
    }
  }
}

TEST_CASE("each slice is filled on its own, a hole that touches the border stays, whatever the thread count") {
  const Geometry geometry = grid(5, 4, 3);
  Mask mask{geometry, std::vector<uint8_t>(60, 0)};
  const auto draw = [&](int64_t z, const char* rows) {
    for (int i = 0; i < 20; ++i) mask.slice(z)[i] = rows[i] == '#' ? 200 : 0;
  };
  draw(0,
       ".###."
       ".#.#."
       ".###."
       ".....");
  draw(1,
       "##.##"
       "#...#"
       "#...#"
       "#####");
  draw(2,
       ".#..."
       "#.#.."
       ".#..."
       ".....");
  for (const int threads : {1, 3}) {
    Run run;
    run.threads = threads;
    const Mask filled = fill_holes(mask, run);
    CHECK(filled.slice(0)[7] == 1);
    CHECK(filled.slice(1)[7] == 0);
    CHECK(filled.slice(2)[6] == 1);
    CHECK(std::count(filled.voxels.begin(), filled.voxels.end(), 1) == 9 + 13 + 5);
  }
}
