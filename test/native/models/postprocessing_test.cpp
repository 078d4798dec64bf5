#include "models/postprocessing.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"

using namespace hepatica;

namespace {

// Blocks in a row, of these side lengths, each with a hole in its middle where it is 3 or more wide.
Mask blocks(const std::vector<int64_t>& sides) {
  Mask mask;
  mask.geometry.size = {40, 12, 2};
  mask.voxels.assign(40 * 12 * 2, 0);
  int64_t x = 1;
  for (const int64_t side : sides) {
    for (int64_t z = 0; z < 2; ++z) {
      for (int64_t i = 0; i < side * side; ++i) mask.slice(z)[(1 + i / side) * 40 + x + i % side] = 1;
      if (side >= 3) mask.slice(z)[(1 + side / 2) * 40 + x + side / 2] = 0;
    }
    x += side + 1;
  }
  return mask;
}

int64_t count(const Mask& mask) { return std::count(mask.voxels.begin(), mask.voxels.end(), 1); }

int64_t left(const std::vector<int64_t>& sides, const Postprocessing& postprocessing) {
  Run run;
  return count(postprocess(blocks(sides), postprocessing, run));
}

std::string code_of(const std::string& json) {
  try {
    Postprocessing::from_json(json, "weights");
  } catch (const Error& error) {
    CHECK(error.file == "weights");
    return error.code;
  }
  return "accepted";
}

}  // namespace

TEST_CASE("what stays of several pieces") {
  const std::vector<int64_t> sides = {10, 9, 3, 1};
  CHECK(left(sides, {KeptComponents::kLargest, 0.1, false}) == 2 * 99);
  CHECK(left(sides, {KeptComponents::kLargest, 0.1, true}) == 2 * 100);
  CHECK(left(sides, {KeptComponents::kAll, 0.1, false}) == 2 * (99 + 80 + 8 + 1));
  CHECK(left(sides, {KeptComponents::kShare, 0.1, true}) == 2 * (100 + 81));
  CHECK(left(sides, {KeptComponents::kShare, 0.05, false}) == 2 * (99 + 80 + 8));
  for (const KeptComponents kept : {KeptComponents::kLargest, KeptComponents::kAll, KeptComponents::kShare}) {
    CHECK(left({}, {kept, 0.1, true}) == 0);
  }
}

TEST_CASE("the JSON in a weights file") {
  for (const Postprocessing& each :
       {Postprocessing{}, Postprocessing{KeptComponents::kAll, 0.1, false}, {KeptComponents::kShare, 0.25, true}}) {
    CHECK(Postprocessing::from_json(each.to_json()) == each);
  }
  CHECK(Postprocessing{}.to_json() == R"({"components":"largest","fillHoles":true})");
  CHECK(Postprocessing::of({}, "") == Postprocessing{});
  for (const char* wrong :
       {"", "[]", R"({"components":"two","fillHoles":true})", R"({"components":"all"})",
        R"({"components":{"minimumShare":0},"fillHoles":true})", R"({"components":{"share":0.1},"fillHoles":true})",
        R"({"components":"all","fillHoles":1})", R"({"components":"all","fillHoles":true,"more":1})"}) {
    CHECK_MESSAGE(code_of(wrong) == "WRONG_MODEL", wrong);
  }
}
