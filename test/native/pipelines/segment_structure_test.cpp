#include "pipelines/segment_structure.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "models/liver_cnn/module.h"
#include "models/segmenter_model.h"
#include "ops/metrics.h"
#include "runtime/caching_allocator.h"

using namespace hepatica;

namespace {

constexpr int16_t kAir = -1000;
constexpr int16_t kBody = 40;
constexpr int16_t kBright = 200;

// A network that marks what is brighter than 120 HU, seen through 1x1 convolutions: only the max-pools spread it, by
// one network pixel a layer.
SegmenterModel threshold_model(const std::string& structure, double spacing_mm = 2, const Metadata& metadata = {}) {
  LiverCnnConfig config;
  config.spacing_mm = spacing_mm;
  config.context_mm = {0};
  config.coordinates = {};
  config.subsampling = 1;
  config.kernels = {1, 1, 1};
  config.dilations = {1, 1, 1};
  config.skip = SkipKind::kNone;
  config.head_kernel = 1;
  LiverCnn net(config);
  const StateDict state = net->state_dict();
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state) {
    if (name.starts_with("conv") || name.starts_with("head")) at::Tensor(tensor).zero_();
  }
  for (const std::string name : {"conv1.weight", "conv2.weight", "conv3.weight"}) state.at(name)[0][0].fill_(1);
  // (120 + 100) / 500 of the window; 100 makes the step steep.
  state.at("head.weight")[1][0].fill_(100);
  state.at("head.bias")[1].fill_(-100 * 220.0 / 500);
  PreprocessOptions preprocessing;
  preprocessing.equalization = Equalization::kNone;
  return {config, preprocessing, structure, state, metadata};
}

struct Box {
  Vec3 low_mm;
  Vec3 high_mm;
};

bool inside(const Box& box, const Vec3& point) {
  for (int axis = 0; axis < 3; ++axis) {
    if (point[axis] < box.low_mm[axis] || point[axis] >= box.high_mm[axis]) return false;
  }
  return true;
}

// A body that fills the slice but for a border of air, with bright boxes; positions in mm from the outer corner.
Volume box_phantom(const Geometry& geometry, const std::vector<Box>& boxes) {
  std::vector<int16_t> hu;
  const Vec3 size_mm = {static_cast<double>(geometry.size[0]) * geometry.spacing_mm[0],
                        static_cast<double>(geometry.size[1]) * geometry.spacing_mm[1], 1e9};
  const Box body{{4, 4, -1e9}, {size_mm[0] - 4, size_mm[1] - 4, size_mm[2]}};
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = 0; y < geometry.size[1]; ++y) {
      for (int64_t x = 0; x < geometry.size[0]; ++x) {
        const Vec3 point = {(static_cast<double>(x) + 0.5) * geometry.spacing_mm[0],
                            (static_cast<double>(y) + 0.5) * geometry.spacing_mm[1],
                            (static_cast<double>(z) + 0.5) * geometry.spacing_mm[2]};
        const bool bright = std::any_of(boxes.begin(), boxes.end(), [&](const Box& box) { return inside(box, point); });
        hu.push_back(bright ? kBright : inside(body, point) ? kBody : kAir);
      }
    }
  }
  return {geometry, hu};
}

// An adult's trunk with lungs at the head end and, on the right, an ellipsoid of unenhanced tissue with bright columns
// so near to one another that a network that marks them marks all of it.
Volume unenhanced_abdomen() {
  Geometry geometry;
  geometry.size = {80, 64, 40};
  geometry.spacing_mm = {4, 4, 5};
  std::vector<int16_t> hu;
  for (int z = 0; z < 40; ++z) {
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 80; ++x) {
        const bool body = std::hypot((x - 40) / 36.0, (y - 32) / 28.0) < 1;
        const bool lung = z > 28 && std::hypot((x - 40) / 30.0, (y - 40) / 14.0) < 1;
        const bool liver = std::hypot((x - 28) / 20.0, (y - 30) / 20.0, (z - 16) / 12.0) < 1;
        const bool column = liver && x % 3 == 0 && y % 3 == 0;
        const int texture = (7 * x + 11 * y + 13 * z) % 40;
        hu.push_back(static_cast<int16_t>(column ? kBright : !body ? kAir : lung ? -800 : kBody + texture - 20));
      }
    }
  }
  return {geometry, hu};
}

Geometry geometry_of(Size3 size, Vec3 spacing_mm) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = spacing_mm;
  geometry.origin_mm = {-100, -80, 30};
  return geometry;
}

// Three pools spread the box by three network pixels of 2 mm in the plane.
Box spread(Box box) {
  for (int axis = 0; axis < 2; ++axis) {
    box.low_mm[axis] -= 6;
    box.high_mm[axis] += 6;
  }
  return box;
}

Mask mask_of(const Geometry& geometry, const Box& box) {
  Mask mask{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  const Volume phantom = box_phantom(geometry, {box});
  const auto& hu = std::get<std::vector<int16_t>>(phantom.hu);
  for (size_t i = 0; i < hu.size(); ++i) mask.voxels[i] = hu[i] == kBright ? 1 : 0;
  return mask;
}

SegmentOptions fp32() {
  SegmentOptions options;
  options.precision = PrecisionChoice::kFp32;
  return options;
}

bool warned(const Run& run, const std::string& code) {
  const auto warnings = run.warnings();
  return std::any_of(warnings.begin(), warnings.end(), [&](const Warning& warning) { return warning.code == code; });
}

}  // namespace

TEST_CASE("the largest bright piece is found, whole, on the source grid") {
  const SegmenterModel model = threshold_model("liver");
  for (const auto& geometry : {geometry_of({64, 48, 12}, {2, 2, 5}), geometry_of({96, 130, 9}, {1.3, 0.8, 6}),
                               geometry_of({33, 17, 7}, {3.7, 5.9, 4})}) {
    const Box liver{{30, 30, 8}, {70, 60, 30}};
    const Box elsewhere{{100, 80, 8}, {108, 88, 16}};
    Run run;
    const Segmentation result = segment_structure(box_phantom(geometry, {liver, elsewhere}), model, fp32(), run);
    const Mask expected = mask_of(geometry, spread(liver));
    CHECK(dice(count_overlap(result.mask, expected, run)) > 0.9);
    CHECK(result.mask.geometry == geometry);
    CHECK(result.volume_ml == doctest::Approx(volume_ml(result.mask)));
    CHECK(result.volume_ml == doctest::Approx(volume_ml(expected)).epsilon(0.2));
    REQUIRE(result.bounding_box.has_value());
    CHECK(result.slices.front() == result.bounding_box->min[2]);
    CHECK(result.slices.back() == result.bounding_box->max[2]);
    REQUIRE(result.roi.has_value());
    for (int axis = 0; axis < 3; ++axis) {
      CHECK(result.roi->bounding_box.min[axis] <= result.bounding_box->min[axis]);
      CHECK(result.roi->bounding_box.max[axis] < geometry.size[axis]);
    }
    CHECK(result.perimeters.size() == result.slices.size());
    const Perimeter& first = result.perimeters.front();
    REQUIRE(first.mm.size() * 2 == first.pixels.size() * 3);
    CHECK(first.mm[0] == doctest::Approx(-100 + first.pixels[0] * geometry.spacing_mm[0]));
    CHECK(first.mm[2] == doctest::Approx(30 + static_cast<double>(first.slice) * geometry.spacing_mm[2]));
    CHECK_FALSE(warned(run, "EMPTY_RESULT"));
    CHECK_FALSE(warned(run, "NON_CONTRAST"));
    for (const char* stage : {"preprocess", "network_input", "network", "mask", "perimeters"}) {
      CHECK_MESSAGE(run.timings_ms().contains(stage), stage);
    }
  }
}

TEST_CASE("the model says which pieces stay, unless the caller does") {
  const Geometry geometry = geometry_of({96, 48, 12}, {2, 2, 5});
  const Box left{{20, 30, 8}, {50, 60, 40}}, right{{120, 34, 12}, {146, 60, 44}}, speck{{80, 70, 8}, {82, 72, 13}};
  const Volume kidneys = box_phantom(geometry, {left, right, speck});
  const auto found = [&](const char* metadata, const SegmentOptions& options) {
    const SegmenterModel model =
        threshold_model("kidney", 2, *metadata ? Metadata{{"postprocessing", metadata}} : Metadata{});
    Run run;
    const Segmentation result = segment_structure(kidneys, model, options, run);
    return ComponentMap(result.mask, Connectivity::kFaces).components().size();
  };
  CHECK(found("", fp32()) == 1);
  CHECK(found(R"({"components":"largest","fillHoles":true})", fp32()) == 1);
  CHECK(found(R"({"components":{"minimumShare":0.1},"fillHoles":true})", fp32()) == 2);
  CHECK(found(R"({"components":"all","fillHoles":false})", fp32()) == 3);
  SegmentOptions all = fp32();
  all.postprocessing = {KeptComponents::kAll, 0.1, true};
  CHECK(found("", all) == 3);
}

TEST_CASE("one slice and two slices are segmented") {
  const SegmenterModel model = threshold_model("liver");
  for (const int64_t slices : {1, 2}) {
    const Geometry geometry = geometry_of({64, 48, slices}, {2, 2, 5});
    Run run;
    const Segmentation result =
        segment_structure(box_phantom(geometry, {{{30, 30, -1}, {70, 60, 100}}}), model, fp32(), run);
    CHECK(static_cast<int64_t>(result.slices.size()) == slices);
  }
}

TEST_CASE("a flipped source gets its result on its own grid") {
  const SegmenterModel model = threshold_model("liver");
  const Geometry canonical = geometry_of({60, 48, 10}, {2, 2, 5});
  const Box liver{{20, 30, 10}, {60, 60, 30}};
  const Volume volume = box_phantom(canonical, {liver});
  Run run;
  const Segmentation straight = segment_structure(volume, model, fp32(), run);

  // The same patient as NIfTI stores it: x to the right, y to anterior.
  Volume flipped = volume;
  flipped.geometry.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
  flipped.geometry.origin_mm = canonical.position_mm({59, 47, 0});
  auto& hu = std::get<std::vector<int16_t>>(flipped.hu);
  for (int64_t z = 0; z < 10; ++z) std::reverse(hu.begin() + z * 2880, hu.begin() + (z + 1) * 2880);
  const Segmentation result = segment_structure(flipped, model, fp32(), run);
  CHECK(result.mask.geometry == flipped.geometry);
  Mask expected = straight.mask;
  for (int64_t z = 0; z < 10; ++z) {
    std::reverse(expected.voxels.begin() + z * 2880, expected.voxels.begin() + (z + 1) * 2880);
  }
  CHECK(result.mask.voxels == expected.voxels);
}

TEST_CASE("the same bytes come out whatever the thread count") {
  const SegmenterModel model = threshold_model("liver");
  const Volume volume = box_phantom(geometry_of({96, 130, 9}, {1.3, 0.8, 6}), {{{30, 30, 8}, {70, 60, 30}}});
  Run one;
  one.threads = 1;
  Run three;
  three.threads = 3;
  CHECK(segment_structure(volume, model, {}, one).mask.voxels ==
        segment_structure(volume, model, {}, three).mask.voxels);
}

TEST_CASE("what deserves a warning gets one") {
  const Geometry geometry = geometry_of({64, 48, 12}, {2, 2, 5});
  Run empty;
  const Segmentation nothing = segment_structure(box_phantom(geometry, {}), threshold_model("liver"), fp32(), empty);
  CHECK(warned(empty, "EMPTY_RESULT"));
  CHECK_FALSE(nothing.bounding_box.has_value());
  CHECK_FALSE(nothing.roi.has_value());
  CHECK(nothing.volume_ml == 0);
  CHECK(nothing.perimeters.empty());

  // One bright pixel column spreads by the pools over unenhanced tissue: too little to be a liver, whatever its HU.
  Run sliver;
  const Volume sparse = box_phantom(geometry, {{{40, 40, 0}, {42, 42, 60}}});
  const Segmentation implausible = segment_structure(sparse, threshold_model("liver"), fp32(), sliver);
  CHECK(implausible.judgement.plausibility == Plausibility::kImplausible);
  CHECK(warned(sliver, "IMPLAUSIBLE_VALUES"));
  CHECK_FALSE(warned(sliver, "NON_CONTRAST"));

  Run dark;
  const Volume abdomen = unenhanced_abdomen();
  const Segmentation liver = segment_structure(abdomen, threshold_model("liver"), fp32(), dark);
  for (const auto& [code, message] : liver.judgement.reasons) FAIL_CHECK(code, ": ", message);
  CHECK(liver.judgement.plausibility == Plausibility::kPlausible);
  CHECK(warned(dark, "NON_CONTRAST"));
  Run spleen;
  segment_structure(abdomen, threshold_model("spleen"), fp32(), spleen);
  CHECK_FALSE(warned(spleen, "NON_CONTRAST"));
}

TEST_CASE("volumes that contradict themselves are refused") {
  const SegmenterModel model = threshold_model("liver");
  const auto refused_field = [&](const Volume& volume) {
    Run run;
    try {
      segment_structure(volume, model, fp32(), run);
    } catch (const Error& error) {
      CHECK(error.code == "INVALID_ARGUMENT");
      return error.field;
    }
    return std::string("accepted");
  };
  const Volume good = box_phantom(geometry_of({20, 20, 2}, {2, 2, 5}), {});
  Volume empty = good;
  empty.geometry.size = {20, 20, 0};
  CHECK(refused_field(empty) == "size");
  Volume no_spacing = good;
  no_spacing.geometry.spacing_mm = {NAN, 2, 5};
  CHECK(refused_field(no_spacing) == "spacing");
  Volume cut = good;
  std::get<std::vector<int16_t>>(cut.hu).pop_back();
  CHECK(refused_field(cut) == "data");
}

TEST_CASE("a cancelled run ends with Cancelled") {
  const SegmenterModel model = threshold_model("liver");
  Run run;
  run.cancel();
  const Volume volume = box_phantom(geometry_of({64, 48, 12}, {2, 2, 5}), {});
  CHECK_THROWS_AS(segment_structure(volume, model, fp32(), run), Cancelled);
}

TEST_CASE("memory stays bounded for 400 slices of 512 x 512") {
  install_caching_allocator();
  const Geometry geometry = geometry_of({512, 512, 400}, {0.75, 0.75, 1});
  Volume volume{geometry, std::vector<int16_t>(static_cast<size_t>(geometry.voxel_count()), kBody)};
  auto& hu = std::get<std::vector<int16_t>>(volume.hu);
  for (int64_t z = 100; z < 300; ++z) {
    for (int64_t y = 150; y < 350; ++y) std::fill_n(hu.begin() + (z * 512 + y) * 512 + 100, 200, kBright);
  }
  const SegmenterModel model = threshold_model("liver", 4);
  const auto peak_bytes = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024;
  };
  const double before = peak_bytes();
  Run run;
  const Segmentation result = segment_structure(volume, model, {}, run);
  CHECK(result.slices.size() == 200);
  // The issue's bound on the whole is 2 x input + 6 bytes a voxel + 1 GiB; one input is there before.
  const auto voxels = static_cast<double>(geometry.voxel_count());
  CHECK(peak_bytes() - before < 2 * voxels + 6 * voxels + 1024.0 * 1024 * 1024);
}
