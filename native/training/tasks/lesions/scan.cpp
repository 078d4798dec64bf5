#include "training/tasks/lesions/scan.h"

#include <algorithm>
#include <utility>

#include "core/random.h"
#include "ops/components.h"
#include "ops/lesion_matching.h"
#include "synthesis/synthetic_lesions.h"

namespace hepatica {
namespace {

constexpr uint64_t kSyntheticStream = 4;

// The slices of one type, 0 and 1.
SliceReader slices_of_type(const Mask& types, uint8_t type) {
  return [&types, type](int64_t z, std::vector<uint8_t>& scratch) -> const uint8_t* {
    const uint8_t* const slice = types.slice(z);
    const uint8_t* const end = slice + types.geometry.slice_pixels();
    if (std::find(slice, end, type) == end) return nullptr;
    scratch.resize(static_cast<size_t>(end - slice));
    std::transform(slice, end, scratch.begin(), [type](uint8_t voxel) { return voxel == type; });
    return scratch.data();
  };
}

// Coverage of each type, one after the other: the largest one gives the pixel its type.
void fill_targets(const Mask& types, LesionScan& scan, Run& run) {
  const size_t size = scan.region.liver.size();
  std::vector<uint8_t> covered(size, 0), type_of(size, 0), most(size, 0);
  const auto last = types.voxels.empty() ? uint8_t{0} : static_cast<uint8_t>(LesionType::kUnknown);
  for (uint8_t type = 1; type <= last; ++type) {
    const std::vector<uint8_t> part =
        resample_to_region(slices_of_type(types, type), types.geometry, scan.region, 255, run);
    for (size_t i = 0; i < size; ++i) {
      if (part[i] == 0) continue;
      covered[i] = static_cast<uint8_t>(std::min(255, covered[i] + part[i]));
      if (part[i] <= most[i]) continue;
      most[i] = part[i];
      type_of[i] = type;
    }
  }
  scan.lesion = std::move(covered);
  scan.types = std::move(type_of);
}

int64_t count_in_slice(const Mask& mask, int64_t z) {
  const uint8_t* slice = mask.slice(z);
  return std::count_if(slice, slice + mask.geometry.slice_pixels(), [](uint8_t voxel) { return voxel != 0; });
}

// By slice of the scan: whether one lesion covers more than the share of the liver in it.
std::vector<bool> overfull_slices(const Mask& liver, const Mask& types, double share) {
  const int64_t slices = liver.geometry.slice_count();
  std::vector<bool> overfull(static_cast<size_t>(slices), false);
  if (types.voxels.empty() || share >= 1) return overfull;
  std::vector<double> limit;
  for (int64_t z = 0; z < slices; ++z) limit.push_back(share * static_cast<double>(count_in_slice(liver, z)));
  const ComponentMap map(types, Connectivity::kFaces);
  for (size_t i = 0; i < map.components().size(); ++i) {
    const Component& component = map.components()[i];
    const auto first = limit.begin() + component.box.min[2];
    const auto last = limit.begin() + component.box.max[2] + 1;
    if (static_cast<double>(component.voxels) <= *std::min_element(first, last)) continue;
    const Mask lesion = map.mask_of(i);
    for (int64_t z = component.box.min[2]; z <= component.box.max[2]; ++z) {
      if (static_cast<double>(count_in_slice(lesion, z)) > limit[z]) overfull[z] = true;
    }
  }
  return overfull;
}

Mask lesions_on_region(const LesionScan& scan) {
  Mask mask = scan.empty_mask();
  for (size_t i = 0; i < mask.voxels.size(); ++i) {
    mask.voxels[i] = scan.lesion[i] > 127 && scan.region.liver[i] >= RegionInput::kInside;
  }
  return mask;
}

void index_voxels(const std::vector<bool>& overfull, LesionScan& scan) {
  const auto pixels = static_cast<size_t>(scan.region.canvas.pixels());
  const LesionInstances found = lesions_of_mask(lesions_on_region(scan));
  std::vector<uint32_t> liver;
  std::vector<std::vector<uint32_t>> lesions(found.lesions.size());
  for (size_t i = 0; i < scan.region.liver.size(); ++i) {
    const bool inside = scan.region.liver[i] >= RegionInput::kInside;
    if (!inside || overfull[static_cast<size_t>(scan.region.first_slice) + i / pixels]) continue;
    liver.push_back(static_cast<uint32_t>(i));
    if (found.labels[i] > 0) lesions[found.labels[i] - 1U].push_back(static_cast<uint32_t>(i));
  }
  scan.liver_voxels = std::move(liver);
  for (std::vector<uint32_t>& voxels : lesions) {
    if (!voxels.empty()) scan.lesion_voxels.emplace_back(std::move(voxels));
  }
}

LesionScan make_scan(const std::string& patient, const Volume& volume, const Mask& liver, const Mask& types,
                     const MdlCnnConfig& config, const PreprocessOptions& preprocessing, double max_lesion_share,
                     Run& run) {
  LesionScan scan;
  scan.patient = patient;
  scan.region = make_unmasked_region(volume, liver, config, preprocessing, run);
  fill_targets(types, scan, run);
  index_voxels(overfull_slices(liver, types, max_lesion_share), scan);
  return scan;
}

}  // namespace

LesionScan blank_lesion_scan(const std::string& patient, const MdlCnnConfig& config) {
  LesionScan scan;
  scan.patient = patient;
  scan.region.context_mm = config.context_mm;
  scan.region.planes.resize(config.channels.size());
  return scan;
}

Mask LesionScan::empty_mask() const {
  Mask mask;
  mask.geometry.size = {region.canvas.width, region.canvas.height, region.slices};
  mask.geometry.spacing_mm = {region.grid.spacing_mm, region.grid.spacing_mm, region.slice_spacing_mm};
  mask.voxels.assign(static_cast<size_t>(mask.geometry.voxel_count()), 0);
  return mask;
}

int64_t class_target(uint8_t lesion, uint8_t type) {
  return lesion > 127 && type > 0 ? class_channel(static_cast<LesionType>(type)) : -1;
}

LesionScan make_lesion_scan(const LesionSource& source, bool marked, const MdlCnnConfig& config,
                            const PreprocessOptions& preprocessing, double max_lesion_share, Run& run) {
  LesionScan scan = make_scan(source.patient, source.volume, source.liver, source.types, config, preprocessing,
                              max_lesion_share, run);
  if (!marked) {
    scan.liver_voxels = {};
    scan.lesion_voxels.clear();
  }
  return scan;
}

LesionScan make_synthetic_scan(const LesionSource& source, const Ground& ground, const SyntheticPlace& place,
                               const MdlCnnConfig& config, const LesionTrainingOptions& options, Run& run) {
  SyntheticLesionOptions synthetic;
  synthetic.seed = Random(place.seed, {kSyntheticStream, place.scan, place.variant, place.generation}).bits();
  synthetic.min_count = static_cast<int>(options.synthetic_min_lesions);
  synthetic.max_count = static_cast<int>(options.synthetic_max_lesions);
  synthetic.max_slice_fraction = options.max_lesion_share;
  // All types in every liver: what tells them apart must be the lesion, not the patient.
  synthetic.mixed_probability = 1;
  SyntheticLesions made = synthesize_lesions(source.volume, ground, synthetic, run);
  for (size_t i = 0; i < source.types.voxels.size(); ++i) {
    if (made.types.voxels[i] == 0) made.types.voxels[i] = source.types.voxels[i];
  }
  LesionScan scan = make_scan(source.patient, made.volume, source.liver, made.types, config, options.preprocess,
                              options.max_lesion_share, run);
  scan.synthetic = true;
  return scan;
}

}  // namespace hepatica
