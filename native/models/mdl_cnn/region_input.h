// What the lesion network sees of a scan, shared by training and inference: the liver's box on the network grid, one
// byte a pixel and channel, 0 outside the liver; slices stay those of the scan.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/run.h"
#include "core/shared_array.h"
#include "core/volume.h"
#include "grid/network_grid.h"
#include "models/mdl_cnn/config.h"
#include "ops/preprocess.h"

namespace hepatica {

struct RegionInput {
  // Of whole slices; the region is the part `canvas` of it, whose sides are multiples of the network's stride.
  NetworkGrid grid;
  Canvas canvas;
  // The liver's slices in the scan; none where the liver's mask is empty.
  int64_t first_slice = 0;
  int64_t slices = 0;
  int64_t scan_slices = 0;
  double slice_spacing_mm = 1;
  // Offsets of the slices seen at once, as in the configuration.
  std::vector<double> context_mm;
  // The commonest value in the liver, about which the relative channel spans 200 HU: from fat to bright vessels.
  static constexpr int kRelativeHalfRange = 100;
  float reference_hu = 0;
  // The part of each pixel inside the liver, 0 to 255, order (z, y, x): inside from kInside on.
  static constexpr uint8_t kInside = 128;
  Bytes liver;
  // By channel, order (z, y, x).
  std::vector<Bytes> planes;

  int64_t channels() const { return static_cast<int64_t>(planes.size()); }
  const uint8_t* plane(int64_t channel, int64_t slice) const {
    return planes[channel].data() + slice * canvas.pixels();
  }
  const uint8_t* liver_slice(int64_t slice) const { return liver.data() + slice * canvas.pixels(); }
  // The region's slice nearest to the one `offset_mm` from its slice `index`, clamped to the scan; below 0 where the
  // liver isn't.
  int64_t context_slice(int64_t index, double offset_mm) const;

  // (N, channels * contexts, height, width), 0 to 1, float32, order (channel, context). `indices` count the region's
  // slices from 0; a context slice is the scan's nearest, clamped to the scan, and 0 where the liver isn't.
  at::Tensor batch(std::span<const int64_t> indices) const;
};

// What the pictures of a channel are made by, and how many slices on each side a slice is averaged with.
PreprocessOptions channel_preprocessing(RegionChannel channel, float reference_hu, PreprocessOptions options);
int64_t slab_reach(const MdlCnnConfig& config, double slice_spacing_mm);

// All but the planes.
RegionInput make_region_frame(const Volume& hu, const Mask& liver, const MdlCnnConfig& config, Run& run);

// `hu` and `liver` (same grid; what is not 0 is inside) lie in canonical orientation. The equalization sees whole
// slices, as the liver network's does.
RegionInput make_region_input(const Volume& hu, const Mask& liver, const MdlCnnConfig& config,
                              const PreprocessOptions& preprocessing, Run& run);

// The same before what is outside the liver is set to 0: training moves the liver's border about.
RegionInput make_unmasked_region(const Volume& hu, const Mask& liver, const MdlCnnConfig& config,
                                 const PreprocessOptions& preprocessing, Run& run);

void mask_region(RegionInput& region);

// Any bytes of the scan on the region's grid: round(scale * mean); see resample_canvas.
std::vector<uint8_t> resample_to_region(const ByteVolume& source, const RegionInput& region, float scale, Run& run);
std::vector<uint8_t> resample_to_region(const SliceReader& source, const Geometry& geometry, const RegionInput& region,
                                        float scale, Run& run);

}  // namespace hepatica
