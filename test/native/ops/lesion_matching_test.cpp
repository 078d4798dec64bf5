#include "ops/lesion_matching.h"

#include <initializer_list>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// A row of voxels: '.' is 0, a digit its value.
Mask row(const std::string& voxels) {
  Mask mask{grid(static_cast<int64_t>(voxels.size()), 1, 1), {}};
  for (const char c : voxels) mask.voxels.push_back(c == '.' ? 0 : static_cast<uint8_t>(c - '0'));
  return mask;
}

LesionMatching match_rows(const std::string& prediction, const std::string& reference) {
  return match_lesions(lesions_by_id(row(prediction)), lesions_by_id(row(reference)));
}

LesionDetection detected(int64_t tp, int64_t fp, int64_t fn, int64_t merged = 0, int64_t split = 0) {
  return {tp, fp, fn, merged, split};
}

std::vector<size_t> indices(std::initializer_list<size_t> list) { return list; }

}  // namespace

TEST_CASE("lesions of an id mask are its values, in order, whether connected or not") {
  const LesionInstances lesions = lesions_by_id(row("7.22.7"));
  REQUIRE(lesions.lesions.size() == 2);
  CHECK(lesions.lesions[0].id == 2);
  CHECK(lesions.lesions[1].id == 7);
  CHECK(lesions.lesions[1].voxels == 2);
  CHECK(lesions.lesions[1].type == LesionType::kUnknown);
  CHECK(lesions.labels == std::vector<uint16_t>{2, 0, 1, 1, 0, 2});
}

TEST_CASE("lesions of a type mask are components of one type") {
  const LesionInstances lesions = lesions_by_type(row("3311.155.3"));
  REQUIRE(lesions.lesions.size() == 5);
  const auto types = [&](size_t i) { return lesions.lesions[i].type; };
  CHECK(types(0) == LesionType::kCyst);
  CHECK(types(1) == LesionType::kCyst);
  CHECK(types(2) == LesionType::kHcc);
  CHECK(types(3) == LesionType::kHcc);
  CHECK(types(4) == LesionType::kUnknown);
  CHECK(lesions.labels == std::vector<uint16_t>{3, 3, 1, 1, 0, 2, 5, 5, 0, 4});
}

TEST_CASE("voxels that touch at a corner alone are two lesions, as in LiTS's scoring") {
  const Mask diagonal{grid(2, 2, 1), {1, 0, 0, 1}};
  CHECK(lesions_of_mask(diagonal).lesions.size() == 2);
}

TEST_CASE("a value that is no lesion type is refused") {
  try {
    lesions_by_type(row("16"));
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code == "INVALID_ARGUMENT");
  }
}

TEST_CASE("one prediction on one lesion: IoU above the limit counts, the limit itself does not") {
  const LesionMatching half = match_rows("111...", ".11111");  // 2 in common of 6
  REQUIRE(half.pairs.size() == 1);
  CHECK(half.pairs[0].iou() == doctest::Approx(2.0 / 6));
  CHECK(count_detections(half, 0) == detected(1, 0, 0));
  CHECK(count_detections(half, 0.5) == detected(0, 1, 1));
  const LesionMatching exact = match_rows("11..", "1111");
  CHECK(exact.pairs[0].iou() == 0.5);
  CHECK(count_detections(exact, 0.5) == detected(0, 1, 1));
  CHECK(count_detections(match_rows("111.", "1111"), 0.5) == detected(1, 0, 0));
}

TEST_CASE("two predictions on one lesion are merged: one TP, no FP, one split") {
  const LesionMatching matching = match_rows("11.22.", "11111.");
  REQUIRE(matching.pairs.size() == 1);
  CHECK(matching.pairs[0].predictions == indices({0, 1}));
  CHECK(matching.pairs[0].overlap.tp == 4);
  CHECK(matching.pairs[0].iou() == doctest::Approx(0.8));
  CHECK(count_detections(matching, 0.5) == detected(1, 0, 0, 0, 1));
  CHECK(matching.prediction_of == std::vector<int64_t>{0});
}

TEST_CASE("one prediction over two lesions: they are merged, both are found") {
  const LesionMatching matching = match_rows("111111", "11.222");
  REQUIRE(matching.pairs.size() == 1);
  CHECK(matching.pairs[0].references == indices({0, 1}));
  CHECK(count_detections(matching, 0.5) == detected(2, 0, 0, 1, 0));
  // An undetected merger is two lesions missed.
  CHECK(count_detections(match_rows("1111111111", "1.......22"), 0.5) == detected(0, 1, 2));
}

TEST_CASE("a lesion whose best prediction belongs to another lesion is missed") {
  // Prediction 1 has 1 voxel of lesion 1 and 2 of lesion 2, of which prediction 2 has 3.
  const LesionMatching matching = match_rows("111222", "122222");
  REQUIRE(matching.pairs.size() == 1);
  CHECK(matching.pairs[0].references == indices({1}));
  CHECK(matching.pairs[0].predictions == indices({0, 1}));
  CHECK(matching.prediction_of == std::vector<int64_t>{-1, 1});
  CHECK(count_detections(matching, 0) == detected(1, 0, 1, 0, 1));
}

TEST_CASE("no prediction, no lesion, neither") {
  CHECK(count_detections(match_rows("......", "11.222"), 0) == detected(0, 0, 2));
  CHECK(count_detections(match_rows("11.222", "......"), 0) == detected(0, 2, 0));
  CHECK(count_detections(match_rows("......", "......"), 0) == detected(0, 0, 0));
  CHECK(count_detections(match_rows("1....2", "..11.."), 0) == detected(0, 2, 1));
}

TEST_CASE("what a matching counts adds up, and its overlap is that of the binary masks") {
  for (const int percent : {2, 20, 40}) {
    const Geometry geometry = grid(33, 17, 5);
    const auto count = static_cast<size_t>(geometry.voxel_count());
    const Mask prediction{geometry, random_mask(count, percent, 11)};
    const Mask reference{geometry, random_mask(count, percent, 12)};
    const LesionInstances found = lesions_of_mask(prediction);
    const LesionInstances present = lesions_of_mask(reference);
    const LesionMatching matching = match_lesions(found, present);
    CHECK(matching.overlap == count_overlap(prediction.voxels.data(), reference.voxels.data(), geometry.voxel_count()));
    const LesionDetection detection = count_detections(matching, 0);
    CHECK(detection.tp + detection.fn == static_cast<int64_t>(present.lesions.size()));
    for (const LesionPair& pair : matching.pairs) {
      CHECK_FALSE(pair.predictions.empty());
      CHECK_FALSE(pair.references.empty());
      CHECK(pair.iou() > 0);
    }
  }
}

TEST_CASE("masks of different sizes are refused") { CHECK_THROWS_AS(match_rows("11", "111"), Error); }
