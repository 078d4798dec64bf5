#include "segmentation/lesion_cells.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "../models/random_weights.h"
#include "grid/sample_cells.h"
#include "models/layers/packed_layers.h"
#include "segmentation/box_probabilities.h"

using namespace hepatica;

namespace {

// A network that says of each cell alone how bright it is: its logit is the grey relative to the liver's.
class CellByCell : public Layers {
 public:
  at::Tensor input(const at::Tensor& x) override { return x; }

  at::Tensor conv(const Conv& layer, const at::Tensor& x) override {
    if (layer.name.ends_with("beside0.conv")) return x.narrow(1, 0, 4);
    for (const char* const passed : {"up0a.conv", "up0b.conv", "head"}) {
      if (layer.name.ends_with(passed)) return x;
    }
    std::vector<int64_t> shape = x.sizes().vec();
    shape[1] = layer.out;
    for (size_t axis = 0; axis < 3; ++axis) shape[axis + 2] = (shape[axis + 2] - 1) / layer.strides()[axis] + 1;
    return at::zeros({1, 1, 1, 1, 1}).expand(shape);
  }

  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& /*residual*/) override {
    return conv(layer, x);
  }
};

Lesion3dInference cell_by_cell() {
  return {Lesion3dConfig{.wide = 1, .middle = 1, .fine = 4, .share = 1}, std::make_unique<CellByCell>(), at::kCPU};
}

Lesion3dInference random_network(const std::string& encoder_id) {
  const Lesion3dConfig config{.wide = 8, .middle = 8, .fine = 8, .share = 1};
  const RecordedLayers layers = lesion3d_layers(config);
  return {config, std::make_unique<PackedLayers>(layers, random_weights(layers), at::kFloat), at::kCPU, encoder_id};
}

Volume patterned(const Size3& size) {
  Geometry geometry;
  geometry.size = size;
  geometry.spacing_mm = {3, 3, 3};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  for (size_t i = 0; i < hu.size(); ++i) hu[i] = static_cast<int16_t>(i * 37 % 301 - 60);
  return {geometry, std::move(hu)};
}

// The largest difference from what each cell's value alone says, in the liver.
double largest_error(const LesionCells& cells, const Volume& volume, const Mask& liver, float reference_hu) {
  Run run;
  const std::vector<float> hu = sample_cells(CanonicalSlices(volume), cells.grid, cells.box, run);
  const std::vector<float> inside = sample_cells(liver, cells.grid, cells.box, run);
  double largest = 0;
  for (size_t i = 0; i < hu.size(); ++i) {
    if (inside[i] == 0) continue;
    const double relative = std::clamp((hu[i] - reference_hu) / 30, -4.0F, 4.0F);
    largest = std::max(largest, std::abs(cells.probability[i] - 1 / (1 + std::exp(-relative))));
  }
  return largest;
}

}  // namespace

TEST_CASE("the 3-D lesion network sees the liver's cells and 24 mm around them, and grey relative to the liver's") {
  const Volume volume = patterned({40, 40, 30});
  Mask liver{volume.geometry, std::vector<uint8_t>(40 * 40 * 30)};
  for (int64_t z = 5; z < 10; ++z) {
    for (int64_t y = 12; y < 16; ++y) std::fill_n(liver.slice(z) + y * 40 + 10, 10, uint8_t{1});
  }
  const CanonicalSlices source(volume);
  const Lesion3dInference network = cell_by_cell();
  Run run;
  const LesionCells cells = lesion_cells(source, liver, 90, network, {}, run);
  CHECK(cells.box == CellBox{{4, 8, 0}, {56, 40, 24}});
  REQUIRE(cells.probability.size() == static_cast<size_t>(cells.box.cells()));
  CHECK(largest_error(cells, volume, liver, 90) < 1e-5);

  std::fill(liver.voxels.begin(), liver.voxels.end(), uint8_t{0});
  CHECK(lesion_cells(source, liver, 90, network, {}, run).probability.empty());
}

TEST_CASE("features of the liver's network are shared, and computed anew they give the same bytes") {
  Volume volume = patterned({40, 40, 30});
  Mask liver{volume.geometry, std::vector<uint8_t>(40 * 40 * 30)};
  for (int64_t z = 5; z < 10; ++z) {
    for (int64_t y = 14; y < 20; ++y) std::fill_n(liver.slice(z) + y * 40 + 16, 8, uint8_t{1});
  }
  const CanonicalSlices source(volume);
  const Lesion3dInference network = random_network("id");
  const EncodedCrop::Arithmetic arithmetic;
  const CellBox box{{6, 3, 0}, {72, 72, 24}};
  const auto crop = std::make_shared<EncodedCrop>(box, "id");
  const auto look = [&](EncodedCrop* given, bool computes) {
    Run run;
    LesionCells cells = lesion_cells(source, liver, 90, network, {given, arithmetic}, run);
    CHECK(run.timings_ms().contains("lesion_encoder") == computes);
    return cells;
  };
  const auto keep = [&] {
    Run run;
    std::vector<float> values = sample_cells(source, cell_grid(volume.geometry, Lesion3dConfig{}.cell_mm), box, run);
    map_to_network_values(values);
    EncoderFeatures features = network.encode(values, box.length);
    crop->keep(arithmetic, {std::move(values), std::move(features)});
  };
  keep();
  const LesionCells shared = look(crop.get(), false);
  const LesionCells anew = look(crop.get(), true);
  CHECK(shared.box == CellBox{{14, 11, 0}, {56, 48, 24}});
  CHECK(anew.box == shared.box);
  CHECK(anew.probability == shared.probability);
  REQUIRE(*std::max_element(shared.probability.begin(), shared.probability.end()) > 0);

  // Where the encoders differ, or the box does not hold the liver, the network sees the mask's own box.
  const LesionCells own = look(nullptr, false);
  CHECK(own.box == CellBox{{16, 12, 0}, {48, 48, 24}});
  CHECK(look(std::make_shared<EncodedCrop>(box, "other").get(), false).probability == own.probability);
  CHECK(look(std::make_shared<EncodedCrop>(CellBox{{6, 3, 0}, {40, 72, 24}}, "id").get(), false).probability ==
        own.probability);

  // Features of other voxels are none, and an end halfway keeps none.
  keep();
  std::get<std::vector<int16_t>>(volume.hu)[9 * 1600 + 30 * 40 + 30] += 50;
  CHECK(look(crop.get(), true).probability == look(crop.get(), true).probability);
  keep();
  Run cancelled;
  cancelled.cancel();
  CHECK_THROWS_AS(lesion_cells(source, liver, 90, network, {crop.get(), arithmetic}, cancelled), Cancelled);
}

TEST_CASE("a mask of the whole scan is seen in windows, each cell once") {
  const Volume volume = patterned({150, 140, 64});
  const Mask all{volume.geometry, std::vector<uint8_t>(static_cast<size_t>(volume.geometry.voxel_count()), 1)};
  const Lesion3dInference network = cell_by_cell();
  double reported = 0;
  int reports = 0;
  Run run([&](const std::string&, double fraction) {
    CHECK(fraction >= reported);
    reported = fraction;
    ++reports;
  });
  const LesionCells cells = lesion_cells(CanonicalSlices(volume), all, 90, network, {}, run);
  REQUIRE(cells.box.cells() > kMostBoxCells);
  CHECK(largest_error(cells, volume, all, 90) < 1e-5);
  CHECK(reports >= 2);
  CHECK(reported == 1);

  const Volume wide = patterned({300, 310, 16});
  const Mask everything{wide.geometry, std::vector<uint8_t>(static_cast<size_t>(wide.geometry.voxel_count()), 1)};
  const LesionCells across = lesion_cells(CanonicalSlices(wide), everything, 90, network, {}, run);
  REQUIRE(across.box.plane_cells() * across.box.length[2] > kMostBoxCells);
  CHECK(largest_error(across, wide, everything, 90) < 1e-5);
  run.cancel();
  CHECK_THROWS_AS(lesion_cells(CanonicalSlices(volume), all, 90, network, {}, run), Cancelled);
}

TEST_CASE("a liver that no patient has is refused before memory is taken for it") {
  Volume volume = patterned({64, 64, 64});
  volume.geometry.spacing_mm = {60, 60, 60};
  const Mask all{volume.geometry, std::vector<uint8_t>(64 * 64 * 64, 1)};
  const Lesion3dInference network = cell_by_cell();
  Run run;
  try {
    lesion_cells(CanonicalSlices(volume), all, 90, network, {}, run);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code == "UNSUPPORTED_GEOMETRY");
    CHECK(error.field == "spacing");
  }
}
