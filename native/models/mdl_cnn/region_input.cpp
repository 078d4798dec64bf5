#include "models/mdl_cnn/region_input.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "core/parallel.h"
#include "ops/bounding_box.h"
#include "ops/mask_statistics.h"

namespace hepatica {
namespace {

// Around the liver's box: the location and class channels' border effects stay outside the liver.
constexpr double kMarginPixels = 8;

// The box's edges in network pixels.
Stretch cover_liver(const BoundingBox& box, int axis, const Geometry& source, int64_t grid_size,
                    const MdlCnnConfig& config) {
  const double scale = source.spacing_mm[axis] / config.spacing_mm;
  return cover_with_cells(static_cast<double>(box.min[axis]) * scale, static_cast<double>(box.max[axis] + 1) * scale,
                          kMarginPixels, grid_size, config.stride());
}

// One of the liver's slices at a time: a picture of the whole scan would take a byte a voxel.
std::vector<uint8_t> picture_of_region(const Volume& hu, const PreprocessOptions& options, const RegionInput& region,
                                       Run& run) {
  check_window({options.hu_min, options.hu_max});
  const StageTimer timer(run, "preprocess");
  const SliceReader picture = [&](int64_t z, std::vector<uint8_t>& scratch) {
    scratch.resize(static_cast<size_t>(hu.geometry.slice_pixels()));
    preprocess_slice(hu, z, options, scratch.data(), nullptr);
    return scratch.data();
  };
  return resample_to_region(picture, hu.geometry, region, 1, run);
}

// Running sums along z; the end slices are repeated beyond the ends.
void average_slabs(const RegionInput& region, int64_t reach, std::vector<uint8_t>& planes, Run& run) {
  if (reach == 0) return;
  const int64_t pixels = region.canvas.pixels();
  const auto count = static_cast<uint32_t>(2 * reach + 1);
  const std::vector<uint8_t> single = planes;
  const auto slice = [&](int64_t z) { return single.data() + std::clamp<int64_t>(z, 0, region.slices - 1) * pixels; };
  parallel_for(region.canvas.height, run, [&](int64_t y) {
    const int64_t row = y * region.canvas.width;
    std::vector<uint32_t> sums(static_cast<size_t>(region.canvas.width));
    for (int64_t z = -reach; z <= reach; ++z) {
      for (size_t x = 0; x < sums.size(); ++x) sums[x] += slice(z)[row + static_cast<int64_t>(x)];
    }
    for (int64_t z = 0; z < region.slices; ++z) {
      const uint8_t* const next = slice(z + reach + 1) + row;
      const uint8_t* const last = slice(z - reach) + row;
      uint8_t* const target = planes.data() + z * pixels + row;
      for (size_t x = 0; x < sums.size(); ++x) {
        target[x] = static_cast<uint8_t>((2 * sums[x] + count) / (2 * count));
        sums[x] += next[x];
        sums[x] -= last[x];
      }
    }
  });
}

}  // namespace

PreprocessOptions channel_preprocessing(RegionChannel channel, float reference_hu, PreprocessOptions options) {
  if (channel == RegionChannel::kClipped) options.equalization = Equalization::kNone;
  if (channel == RegionChannel::kRelative) {
    const int middle = static_cast<int>(std::lround(reference_hu));
    options = {middle - RegionInput::kRelativeHalfRange, middle + RegionInput::kRelativeHalfRange, Equalization::kNone};
  }
  return options;
}

int64_t slab_reach(const MdlCnnConfig& config, double slice_spacing_mm) {
  return std::lround(config.slab_mm / slice_spacing_mm) / 2;
}

RegionInput make_region_frame(const Volume& hu, const Mask& liver, const MdlCnnConfig& config, Run& run) {
  RegionInput region;
  region.grid = network_grid(hu.geometry, config.spacing_mm);
  region.scan_slices = hu.geometry.slice_count();
  region.slice_spacing_mm = hu.geometry.spacing_mm[2];
  region.context_mm = config.context_mm;
  const std::optional<BoundingBox> box = bounding_box(liver);
  if (!box) return region;
  const Stretch x = cover_liver(*box, 0, hu.geometry, region.grid.width, config);
  const Stretch y = cover_liver(*box, 1, hu.geometry, region.grid.height, config);
  region.canvas = {x.begin, y.begin, x.length, y.length};
  region.first_slice = box->min[2];
  region.slices = box->max[2] - box->min[2] + 1;
  region.reference_hu = mode_hu(hu, liver);
  region.liver = resample_to_region(liver, region, 255, run);
  return region;
}

RegionInput make_unmasked_region(const Volume& hu, const Mask& liver, const MdlCnnConfig& config,
                                 const PreprocessOptions& preprocessing, Run& run) {
  RegionInput region = make_region_frame(hu, liver, config, run);
  region.planes.resize(config.channels.size());
  if (region.slices == 0) return region;
  const int64_t reach = slab_reach(config, region.slice_spacing_mm);
  for (size_t i = 0; i < config.channels.size(); ++i) {
    const PreprocessOptions options = channel_preprocessing(config.channels[i], region.reference_hu, preprocessing);
    std::vector<uint8_t> planes = picture_of_region(hu, options, region, run);
    average_slabs(region, reach, planes, run);
    region.planes[i] = std::move(planes);
  }
  return region;
}

void mask_region(RegionInput& region) {
  for (Bytes& planes : region.planes) {
    std::vector<uint8_t> masked(planes.begin(), planes.end());
    for (size_t pixel = 0; pixel < region.liver.size(); ++pixel) {
      if (region.liver[pixel] < RegionInput::kInside) masked[pixel] = 0;
    }
    planes = std::move(masked);
  }
}

RegionInput make_region_input(const Volume& hu, const Mask& liver, const MdlCnnConfig& config,
                              const PreprocessOptions& preprocessing, Run& run) {
  RegionInput region = make_unmasked_region(hu, liver, config, preprocessing, run);
  mask_region(region);
  return region;
}

std::vector<uint8_t> resample_to_region(const ByteVolume& source, const RegionInput& region, float scale, Run& run) {
  return resample_canvas(source, region.grid, region.canvas, region.first_slice, region.slices, scale, run);
}

std::vector<uint8_t> resample_to_region(const SliceReader& source, const Geometry& geometry, const RegionInput& region,
                                        float scale, Run& run) {
  return resample_canvas(source, geometry, region.grid, region.canvas, region.first_slice, region.slices, scale, run);
}

int64_t RegionInput::context_slice(int64_t index, double offset_mm) const {
  const int64_t nearest = nearest_slice(first_slice + index, offset_mm, slice_spacing_mm, scan_slices) - first_slice;
  return nearest >= 0 && nearest < slices ? nearest : -1;
}

at::Tensor RegionInput::batch(std::span<const int64_t> indices) const {
  const auto count = static_cast<int64_t>(indices.size());
  const auto contexts = static_cast<int64_t>(context_mm.size());
  at::Tensor tensor = at::empty({count, channels() * contexts, canvas.height, canvas.width});
  float* const values = tensor.mutable_data_ptr<float>();
  at::parallel_for(0, count * channels() * contexts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t nearest = context_slice(indices[item / (channels() * contexts)], context_mm[item % contexts]);
      float* const target = values + item * canvas.pixels();
      if (nearest < 0) {
        std::fill_n(target, canvas.pixels(), 0.0F);
        continue;
      }
      const uint8_t* const source = plane(item / contexts % channels(), nearest);
      std::transform(source, source + canvas.pixels(), target,
                     [](uint8_t value) { return static_cast<float>(value) / 255; });
    }
  });
  return tensor;
}

}  // namespace hepatica
