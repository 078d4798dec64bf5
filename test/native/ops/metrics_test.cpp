#include "ops/metrics.h"

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("overlap is counted over all slices, whatever the labels and the thread count") {
  const Geometry geometry = grid(33, 17, 11);
  const auto count = static_cast<size_t>(geometry.voxel_count());
  Mask prediction{geometry, random_mask(count, 40, 1)};
  Mask reference{geometry, random_mask(count, 60, 2)};
  Overlap expected;
  for (size_t i = 0; i < count; ++i) {
    const bool p = prediction.voxels[i] != 0;
    const bool r = reference.voxels[i] != 0;
    ++(p ? (r ? expected.tp : expected.fp) : (r ? expected.fn : expected.tn));
    if (r) reference.voxels[i] = static_cast<uint8_t>(1 + i % 255);
  }
  for (const int threads : {1, 4}) {
    Run run;
    run.threads = threads;
    CHECK(count_overlap(prediction, reference, run) == expected);
  }
  CHECK(expected.tp + expected.fp + expected.fn + expected.tn == geometry.voxel_count());
}

TEST_CASE("large volumes are counted in full") {
  const std::vector<uint8_t> ones((1 << 20) * 2 + 3, 1);
  CHECK(count_overlap(ones.data(), ones.data(), static_cast<int64_t>(ones.size())).tp ==
        static_cast<int64_t>(ones.size()));
}

TEST_CASE("Dice, VOE and RVD of a worked example") {
  const Overlap overlap{6, 4, 2, 88};
  CHECK(dice(overlap) == doctest::Approx(12.0 / 18.0));
  CHECK(voe(overlap) == doctest::Approx(50.0));
  CHECK(*rvd(overlap, RvdConvention::kPaper) == doctest::Approx(-25.0));
  CHECK(*rvd(overlap, RvdConvention::kStandard) == doctest::Approx(25.0));
  const Overlap under{6, 0, 2, 92};
  CHECK(*rvd(under, RvdConvention::kPaper) == doctest::Approx(25.0));
  CHECK(*rvd(under, RvdConvention::kStandard) == doctest::Approx(-25.0));
  CHECK(*rvd(under, RvdConvention::kLits) == doctest::Approx(25.0));
}

TEST_CASE("empty masks") {
  const Overlap both_empty{0, 0, 0, 10};
  CHECK(dice(both_empty) == 1.0);
  CHECK(voe(both_empty) == 0.0);
  CHECK(*rvd(both_empty, RvdConvention::kPaper) == 0.0);
  const Overlap reference_empty{0, 3, 0, 7};
  CHECK(dice(reference_empty) == 0.0);
  CHECK(voe(reference_empty) == 100.0);
  CHECK_FALSE(rvd(reference_empty, RvdConvention::kStandard).has_value());
  const Overlap prediction_empty{0, 0, 3, 7};
  CHECK(dice(prediction_empty) == 0.0);
  CHECK(voe(prediction_empty) == 100.0);
  CHECK(*rvd(prediction_empty, RvdConvention::kPaper) == 100.0);
  CHECK(*rvd(prediction_empty, RvdConvention::kStandard) == -100.0);
}

TEST_CASE("masks of different sizes are refused") {
  Run run;
  const Mask a{grid(2, 3, 1), std::vector<uint8_t>(6)};
  const Mask b{grid(3, 2, 1), std::vector<uint8_t>(6)};
  CHECK_THROWS_WITH_AS(count_overlap(a, b, run),
                       "Expected reference to have the prediction's size, 2 x 3 x 1, received 3 x 2 x 1", Error);
}
