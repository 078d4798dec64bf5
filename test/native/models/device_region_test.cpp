// The region as a device makes it, libtorch's CPU standing in the device's place, against the CPU's own.
#include "models/mdl_cnn/device_region.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <numeric>

#include "../noisy_scans.h"

using namespace hepatica;

TEST_CASE("a device makes of the region what the CPU makes of it") {
  // It reaches the right border.
  const ScanWithLiver scan = noisy_liver(1.25, 65);
  for (const double slab_mm : {0.0, 4.0}) {
    CAPTURE(slab_mm);
    MdlCnnConfig config;
    config.slab_mm = slab_mm;
    config.channels = {RegionChannel::kEqualized, RegionChannel::kClipped, RegionChannel::kRelative};
    Run run;
    const RegionInput expected = make_region_input(scan.volume, scan.liver, config, {}, run);
    const RegionInput frame = make_region_frame(scan.volume, scan.liver, config, run);
    REQUIRE(frame.planes.empty());
    const DevicePictures pictures = [&](const PreprocessOptions& options) {
      const ByteVolume picture = preprocess(scan.volume, options, run);
      return at::tensor(at::ArrayRef<uint8_t>(picture.voxels), at::kByte).view({11, 70, 90}).narrow(0, 2, 7);
    };
    const DeviceRegion region(frame, scan.volume.geometry, config, {}, at::kCPU, pictures);
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
