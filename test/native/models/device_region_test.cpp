// The region as a device makes it, libtorch's CPU standing in the device's place, against the CPU's own.
#include "models/mdl_cnn/device_region.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

using namespace hepatica;

namespace {

struct Scan {
  Volume hu;
  Mask liver;
};

// Noise in a liver that is an ellipse in the slices 2 to 8 of 11 and reaches the right border.
Scan make_scan() {
  Geometry geometry;
  geometry.size = {90, 70, 11};
  geometry.spacing_mm = {0.8, 0.9, 1.25};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()));
  Mask liver{geometry, std::vector<uint8_t>(hu.size())};
  uint32_t state = 5;
  for (int64_t voxel = 0; voxel < geometry.voxel_count(); ++voxel) {
    state = state * 1664525u + 1013904223u;
    hu[voxel] = static_cast<int16_t>(static_cast<int>(state >> 24) - 50);
    const int64_t z = voxel / (90 * 70);
    const auto x = static_cast<double>(voxel % 90);
    const auto y = static_cast<double>(voxel / 90 % 70);
    liver.voxels[voxel] = z >= 2 && z < 9 && std::hypot((x - 65) / 25, (y - 30) / 18) < 1;
  }
  return {{geometry, std::move(hu)}, std::move(liver)};
}

}  // namespace

TEST_CASE("a device makes of the region what the CPU makes of it") {
  const Scan scan = make_scan();
  for (const double slab_mm : {0.0, 4.0}) {
    CAPTURE(slab_mm);
    MdlCnnConfig config;
    config.slab_mm = slab_mm;
    config.channels = {RegionChannel::kEqualized, RegionChannel::kClipped, RegionChannel::kRelative};
    Run run;
    const RegionInput expected = make_region_input(scan.hu, scan.liver, config, {}, run);
    const RegionInput frame = make_region_frame(scan.hu, scan.liver, config, run);
    REQUIRE(frame.planes.empty());
    const DevicePictures pictures = [&](const PreprocessOptions& options) {
      const ByteVolume picture = preprocess(scan.hu, options, run);
      return at::tensor(at::ArrayRef<uint8_t>(picture.voxels), at::kByte).view({11, 70, 90}).narrow(0, 2, 7);
    };
    const DeviceRegion region(frame, scan.hu.geometry, config, {}, at::kCPU, pictures);
    std::vector<int64_t> slices(7);
    std::iota(slices.begin(), slices.end(), 0);
    const at::Tensor found = region.batch(slices);
    const at::Tensor wanted = expected.batch(slices);
    REQUIRE(found.sizes() == wanted.sizes());
    CHECK(wanted.max().item<double>() > 0.7);
    // Sums in another order: a mean at a half may be rounded the other way.
    const at::Tensor steps = (found - wanted).abs().mul(255);
    CHECK(steps.max().item<double>() < 1.01);
    CHECK(steps.gt(0.5).to(at::kFloat).mean().item<double>() < 0.001);
  }
}
