#include "models/mdl_cnn/region_input.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "ops/mask_statistics.h"
#include "ops/resample.h"

using namespace hepatica;

namespace {

struct Scan {
  Volume hu;
  Mask liver;
};

// A liver of 100 HU with a bright half, an ellipse in the slices 2 to 8 of 11, in a body of 20 HU.
Scan make_scan() {
  Geometry geometry;
  geometry.size = {90, 70, 11};
  geometry.spacing_mm = {0.8, 0.9, 2.5};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()), 20);
  Mask liver{geometry, std::vector<uint8_t>(hu.size())};
  for (int64_t z = 2; z < 9; ++z) {
    for (int64_t y = 0; y < 70; ++y) {
      for (int64_t x = 0; x < 90; ++x) {
        if (std::hypot(static_cast<double>(x - 40) / 25, static_cast<double>(y - 30) / 18) > 1) continue;
        const int64_t voxel = (z * 70 + y) * 90 + x;
        liver.voxels[voxel] = 1;
        hu[voxel] = static_cast<int16_t>(x < 60 ? 100 : 140);
      }
    }
  }
  return {{geometry, std::move(hu)}, std::move(liver)};
}

RegionInput region_of(const Scan& scan, const MdlCnnConfig& config) {
  Run run;
  return make_region_input(scan.hu, scan.liver, config, {}, run);
}

}  // namespace

TEST_CASE("the region holds the liver with a margin, in whole strides, and its own slices") {
  const Scan scan = make_scan();
  for (const int64_t stages : {1, 2, 3, 4}) {
    MdlCnnConfig config;
    config.base_stages = stages;
    const RegionInput region = region_of(scan, config);
    CHECK(region.canvas.width % config.stride() == 0);
    CHECK(region.canvas.height % config.stride() == 0);
    CHECK(region.first_slice == 2);
    CHECK(region.slices == 7);
    CHECK(region.scan_slices == 11);
    // The liver's columns 15 to 65 of 0.8 mm, its rows 12 to 48 of 0.9 mm.
    CHECK(static_cast<double>(region.canvas.x0) * 1.5 <= 15 * 0.8);
    CHECK(static_cast<double>(region.canvas.x0 + region.canvas.width) * 1.5 >= 66 * 0.8);
    CHECK(static_cast<double>(region.canvas.y0 + region.canvas.height) * 1.5 >= 49 * 0.9);
    double area_mm2 = 0;
    for (const uint8_t share : region.liver) area_mm2 += share / 255.0 * 1.5 * 1.5;
    const auto voxels = std::count(scan.liver.voxels.begin(), scan.liver.voxels.end(), 1);
    CHECK(area_mm2 == doctest::Approx(static_cast<double>(voxels) * 0.8 * 0.9).epsilon(0.01));
  }
}

TEST_CASE("channels are what they are called inside the liver, and zero outside") {
  const Scan scan = make_scan();
  MdlCnnConfig config;
  config.channels = {RegionChannel::kEqualized, RegionChannel::kClipped, RegionChannel::kRelative};
  const RegionInput region = region_of(scan, config);
  CHECK(region.reference_hu == 100);
  CHECK(region.channels() == 3);
  // A pixel well inside the darker part: source (40, 30) lies at 32.4 and 27.45 mm.
  const int64_t pixel = (18 - region.canvas.y0) * region.canvas.width + 21 - region.canvas.x0;
  CHECK(region.plane(1, 3)[pixel] == 102);  // (100 + 100) * 255 / 500
  CHECK(region.plane(2, 3)[pixel] == 128);
  CHECK(region.plane(0, 3)[pixel] > 0);
  int64_t outside = 0;
  for (size_t i = 0; i < region.liver.size(); ++i) {
    if (region.liver[i] >= RegionInput::kInside) continue;
    ++outside;
    for (const auto& plane : region.planes) REQUIRE(plane[i] == 0);
  }
  CHECK(outside > 0);
}

TEST_CASE("a batch has its planes in the order (channel, context), the nearest slice of the scan for each") {
  const Scan scan = make_scan();
  MdlCnnConfig config;
  config.channels = {RegionChannel::kRelative, RegionChannel::kClipped};
  const RegionInput region = region_of(scan, config);
  const std::array<int64_t, 2> slices = {0, 4};
  const at::Tensor batch = region.batch(slices);
  CHECK(batch.sizes() == at::IntArrayRef({2, 6, region.canvas.height, region.canvas.width}));
  const auto plane = [&](int64_t channel, int64_t slice) {
    const at::Tensor bytes =
        at::tensor(at::ArrayRef<uint8_t>(region.plane(channel, slice), region.canvas.pixels()), at::kByte);
    return bytes.view({region.canvas.height, region.canvas.width}).to(at::kFloat).div(255);
  };
  // 3 mm down and up are one slice of 2.5 mm; the slice below the liver is empty.
  CHECK(at::equal(batch[1][0], plane(0, 3)));
  CHECK(at::equal(batch[1][1], plane(0, 4)));
  CHECK(at::equal(batch[1][5], plane(1, 5)));
  CHECK(batch[0][0].abs().sum().item<float>() == 0);
  CHECK(at::equal(batch[0][4], plane(1, 0)));
}

TEST_CASE("the same scan gives the same bytes whatever the thread count") {
  const Scan scan = make_scan();
  Run one;
  one.threads = 1;
  Run four;
  four.threads = 4;
  const RegionInput first = make_region_input(scan.hu, scan.liver, {}, {}, one);
  const RegionInput second = make_region_input(scan.hu, scan.liver, {}, {}, four);
  CHECK(first.liver == second.liver);
  CHECK((first.planes == second.planes));
}

TEST_CASE("a liver's mask goes to the region and comes back") {
  const Scan scan = make_scan();
  const RegionInput region = region_of(scan, {});
  const Geometry& geometry = scan.hu.geometry;
  const ResampleAxis columns = bilinear_axis(region.grid.width, geometry.size[0], 0.8 / 1.5);
  const ResampleAxis rows = bilinear_axis(region.grid.height, geometry.size[1], 0.9 / 1.5);
  std::vector<uint8_t> plane(static_cast<size_t>(region.grid.pixels()));
  for (int64_t y = 0; y < std::min(region.canvas.height, region.grid.height - region.canvas.y0); ++y) {
    for (int64_t x = 0; x < std::min(region.canvas.width, region.grid.width - region.canvas.x0); ++x) {
      plane[(region.canvas.y0 + y) * region.grid.width + region.canvas.x0 + x] =
          region.liver_slice(0)[y * region.canvas.width + x];
    }
  }
  std::vector<float> back(static_cast<size_t>(geometry.slice_pixels()));
  resample_plane(plane.data(), columns, rows, back.data());
  int64_t both = 0;
  int64_t either = 0;
  for (size_t i = 0; i < back.size(); ++i) {
    const bool there = back[i] > 127;
    const bool was = scan.liver.slice(2)[i] != 0;
    both += there && was;
    either += there || was;
  }
  CHECK(static_cast<double>(both) / static_cast<double>(either) > 0.97);
}

TEST_CASE("an empty liver is an empty region, and floats lose no voxel to NaN") {
  Scan scan = make_scan();
  std::vector<float> values(scan.liver.voxels.size(), 80.5F);
  values[0] = std::nanf("");
  std::fill(scan.liver.voxels.begin(), scan.liver.voxels.end(), 1);
  scan.hu.hu = values;
  CHECK(mode_hu(scan.hu, scan.liver) == doctest::Approx(80.5).epsilon(0.01));
  std::fill(scan.liver.voxels.begin(), scan.liver.voxels.end(), 0);
  CHECK(region_of(scan, {}).slices == 0);
  CHECK(mode_hu(scan.hu, scan.liver) == 0);
}

TEST_CASE("the commonest value is the healthy liver's, whatever a tumour does to the median") {
  Geometry geometry;
  geometry.size = {100, 100, 4};
  std::vector<int16_t> hu(40000);
  // 48 % around 85 HU, 40 % between 0 and 79 HU, 12 % saturated.
  for (size_t i = 0; i < hu.size(); ++i) {
    const size_t part = i / 4 % 100;
    hu[i] = static_cast<int16_t>(part < 48 ? 75 + i / 400 % 21 : part < 88 ? i / 400 % 80 : 240);
  }
  const Volume volume{geometry, hu};
  const Mask all{geometry, std::vector<uint8_t>(hu.size(), 1)};
  CHECK(std::abs(mode_hu(volume, all) - 85) <= 3);
}

TEST_CASE("slabs are means of an odd number of slices, end slices repeated") {
  Scan scan = make_scan();
  scan.hu.geometry.spacing_mm[2] = scan.liver.geometry.spacing_mm[2] = 1;
  auto& hu = std::get<std::vector<int16_t>>(scan.hu.hu);
  for (int64_t z = 0; z < 11; ++z) std::fill_n(hu.begin() + z * 6300, 6300, static_cast<int16_t>(z * 40 - 100));
  MdlCnnConfig config;
  config.channels = {RegionChannel::kClipped};
  config.slab_mm = 0;
  const RegionInput single = region_of(scan, config);
  const int64_t pixel = (18 - single.canvas.y0) * single.canvas.width + 21 - single.canvas.x0;
  for (const auto& [slab_mm, reach] : {std::pair<double, int64_t>{3, 1}, {4, 2}, {5.4, 2}, {1, 0}}) {
    config.slab_mm = slab_mm;
    const RegionInput slabs = region_of(scan, config);
    for (int64_t z = 0; z < slabs.slices; ++z) {
      double sum = 0;
      for (int64_t near = z - reach; near <= z + reach; ++near) {
        sum += single.plane(0, std::clamp<int64_t>(near, 0, single.slices - 1))[pixel];
      }
      CHECK(slabs.plane(0, z)[pixel] == std::floor(sum / static_cast<double>(2 * reach + 1) + 0.5));
    }
  }
}
