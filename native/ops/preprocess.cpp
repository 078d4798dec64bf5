#include "ops/preprocess.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "core/parallel.h"

namespace hepatica {
namespace {

void equalize_clipped(const uint8_t* clipped, const Geometry& geometry, Equalization equalization, uint8_t* equalized) {
  switch (equalization) {
    case Equalization::kGlobal:
      equalize_slice(clipped, geometry.slice_pixels(), equalized);
      break;
    case Equalization::kClahe:
      clahe_slice(clipped, geometry.size[0], geometry.size[1], ClaheOptions{}, equalized);
      break;
    case Equalization::kNone:
      if (clipped != equalized) std::copy_n(clipped, geometry.slice_pixels(), equalized);
      break;
  }
}

ByteVolume empty_picture(const Geometry& geometry) {
  return {geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
}

}  // namespace

// A slice stays in the second-level cache from its quantization to its last look-up.
void preprocess_slice(const Volume& volume, int64_t z, const PreprocessOptions& options, uint8_t* equalized,
                      uint8_t* clipped) {
  const Geometry& geometry = volume.geometry;
  const int64_t pixels = geometry.slice_pixels();
  const HuWindow window{options.hu_min, options.hu_max};
  // CLAHE reads its neighbourhood again after writing, so it cannot work in place.
  std::vector<uint8_t> scratch(!clipped && options.equalization == Equalization::kClahe ? pixels : 0);
  uint8_t* stage = clipped ? clipped : scratch.empty() ? equalized : scratch.data();
  std::visit([&](const auto& hu) { quantize_slice(hu.data() + z * pixels, pixels, window, stage); }, volume.hu);
  equalize_clipped(stage, geometry, options.equalization, equalized);
}

void preprocess_into(const Volume& volume, const PreprocessOptions& options, uint8_t* equalized, uint8_t* clipped,
                     Run& run) {
  check_window({options.hu_min, options.hu_max});
  const StageTimer timer(run, "preprocess");
  parallel_for(volume.geometry.slice_count(), run, [&](int64_t z) {
    const int64_t begin = z * volume.geometry.slice_pixels();
    preprocess_slice(volume, z, options, equalized + begin, clipped ? clipped + begin : nullptr);
  });
}

ByteVolume preprocess(const Volume& volume, const PreprocessOptions& options, Run& run) {
  ByteVolume equalized = empty_picture(volume.geometry);
  preprocess_into(volume, options, equalized.voxels.data(), nullptr, run);
  return equalized;
}

Preprocessed preprocess_stages(const Volume& volume, const PreprocessOptions& options, Run& run) {
  Preprocessed stages{empty_picture(volume.geometry), empty_picture(volume.geometry)};
  preprocess_into(volume, options, stages.equalized.voxels.data(), stages.clipped.voxels.data(), run);
  return stages;
}

}  // namespace hepatica
