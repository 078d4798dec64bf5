#include "pipelines/arterial_types.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/parallel.h"
#include "ops/distance_map.h"
#include "ops/subsample.h"
#include "registration/linear_sampler.h"

namespace hepatica {
namespace {

// HU are means over a cube of twice this: nodules of haemangiomas are as large, and noise falls.
constexpr double kSmoothMm = 1.5;
// Of the greatest depth in the lesion.
constexpr double kCoreFrom = 0.5;
constexpr double kRimTo = 0.35;
constexpr double kBrightest = 0.95;
constexpr int64_t kMostVoxels = 20'000;
constexpr Vec3 kLiverMm = {3, 3, 3};
constexpr double kLeastProbability = 1e-3;

struct LesionVoxel {
  Vec3 position_mm;
  double depth_mm = 0;
};

// With a border of one voxel.
std::vector<float> squared_depths(const Mask& ids, const Lesion& lesion, Size3& size, Run& run) {
  const BoundingBox& box = lesion.box;
  for (size_t axis = 0; axis < 3; ++axis) size[axis] = box.max[axis] - box.min[axis] + 3;
  std::vector<uint8_t> outside(static_cast<size_t>(size[0] * size[1] * size[2]), 1);
  for (int64_t z = box.min[2]; z <= box.max[2]; ++z) {
    for (int64_t y = box.min[1]; y <= box.max[1]; ++y) {
      const uint8_t* row = ids.slice(z) + y * ids.geometry.size[0];
      uint8_t* out = outside.data() + ((z - box.min[2] + 1) * size[1] + y - box.min[1] + 1) * size[0] + 1;
      for (int64_t x = box.min[0]; x <= box.max[0]; ++x, ++out) *out = row[x] == lesion.id ? 0 : 1;
    }
  }
  return squared_distances(outside, size, ids.geometry.spacing_mm, run);
}

// As many as suffice, evenly over the lesion.
std::vector<LesionVoxel> voxels_of(const Mask& ids, const Lesion& lesion, Run& run) {
  Size3 size;
  const std::vector<float> depths = squared_depths(ids, lesion, size, run);
  const auto count = std::count_if(depths.begin(), depths.end(), [](float depth) { return depth > 0; });
  const int64_t every = std::max<int64_t>(1, count / kMostVoxels);
  std::vector<LesionVoxel> voxels;
  int64_t seen = 0;
  for (size_t i = 0; i < depths.size(); ++i) {
    if (depths[i] <= 0 || seen++ % every != 0) continue;
    const auto at = static_cast<int64_t>(i);
    const Vec3 index = {static_cast<double>(at % size[0] - 1 + lesion.box.min[0]),
                        static_cast<double>(at / size[0] % size[1] - 1 + lesion.box.min[1]),
                        static_cast<double>(at / (size[0] * size[1]) - 1 + lesion.box.min[2])};
    voxels.push_back({ids.geometry.position_mm(index), std::sqrt(static_cast<double>(depths[i]))});
  }
  return voxels;
}

// Of what the scan shows of the cube; none where it does not show the middle.
std::optional<double> smooth_hu(const LinearSampler& scan, const Vec3& position_mm) {
  if (!scan.at(position_mm)) return std::nullopt;
  double sum = 0;
  int count = 0;
  for (const double dz : {-kSmoothMm, 0.0, kSmoothMm}) {
    for (const double dy : {-kSmoothMm, 0.0, kSmoothMm}) {
      for (const double dx : {-kSmoothMm, 0.0, kSmoothMm}) {
        const auto hu = scan.at({position_mm[0] + dx, position_mm[1] + dy, position_mm[2] + dz});
        if (!hu || !std::isfinite(*hu)) continue;
        sum += *hu;
        ++count;
      }
    }
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

double at_part(std::vector<double>& values, double part) {
  const auto nth = values.begin() + static_cast<int64_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// `map` carries a place of the portal venous scan to `scan`. None where a voxel is not shown.
std::optional<PhaseSigns> signs_of(const std::vector<LesionVoxel>& voxels, const LinearSampler& scan,
                                   const RigidMap& map, double liver_hu) {
  double deepest_mm = 0;
  for (const LesionVoxel& voxel : voxels) deepest_mm = std::max(deepest_mm, voxel.depth_mm);
  const double rim_to = std::max(kRimTo * deepest_mm, voxels.front().depth_mm);
  std::vector<double> all;
  std::vector<double> core;
  std::vector<double> rim;
  for (const LesionVoxel& voxel : voxels) {
    const auto hu = smooth_hu(scan, map.apply(voxel.position_mm));
    if (!hu) return std::nullopt;
    all.push_back(*hu);
    if (voxel.depth_mm >= kCoreFrom * deepest_mm) core.push_back(*hu);
    if (voxel.depth_mm <= rim_to) rim.push_back(*hu);
  }
  PhaseSigns signs;
  signs.liver_hu = liver_hu;
  signs.mean_hu = mean(all);
  signs.core_hu = mean(core);
  signs.rim_hu = mean(rim);
  signs.brightest_hu = at_part(all, kBrightest);
  signs.darkest_hu = at_part(all, 1 - kBrightest);
  return signs;
}

// Median of the liver without its lesions; 0 where the scan shows nothing of it.
double liver_median_hu(const Mask& liver, const Mask& ids, const LinearSampler& scan, const RigidMap& map) {
  const Stride3 stride = strides_to(kLiverMm, liver.geometry);
  std::vector<double> values;
  for (int64_t z = 0; z < liver.geometry.size[2]; z += stride[2]) {
    for (int64_t y = 0; y < liver.geometry.size[1]; y += stride[1]) {
      for (int64_t x = 0; x < liver.geometry.size[0]; x += stride[0]) {
        const int64_t pixel = y * liver.geometry.size[0] + x;
        if (liver.slice(z)[pixel] == 0 || ids.slice(z)[pixel] != 0) continue;
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        const auto hu = scan.at(map.apply(liver.geometry.position_mm(index)));
        if (hu && std::isfinite(*hu)) values.push_back(*hu);
      }
    }
  }
  return values.empty() ? 0 : at_part(values, 0.5);
}

void set(ArterialFeatures& features, ArterialFeature feature, double value) {
  features[static_cast<size_t>(feature)] = value;
}

ArterialFeatures features_of(const std::array<double, kLesionTypes>& probabilities, const PhaseSigns& portal,
                             const PhaseSigns& arterial) {
  ArterialFeatures features{};
  for (size_t type = 0; type < probabilities.size(); ++type) {
    features[type] = std::log(std::max(probabilities[type], kLeastProbability));
  }
  const auto above = [](double hu, const PhaseSigns& signs) { return (hu - signs.liver_hu) / 100; };
  set(features, ArterialFeature::kCore, above(arterial.core_hu, arterial));
  set(features, ArterialFeature::kRim, above(arterial.rim_hu, arterial));
  set(features, ArterialFeature::kBrightest, above(arterial.brightest_hu, arterial));
  set(features, ArterialFeature::kDarkest, above(arterial.darkest_hu, arterial));
  set(features, ArterialFeature::kCoreHu, arterial.core_hu / 100);
  set(features, ArterialFeature::kPortalCore, above(portal.core_hu, portal));
  set(features, ArterialFeature::kPortalRim, above(portal.rim_hu, portal));
  set(features, ArterialFeature::kPortalBrightest, above(portal.brightest_hu, portal));
  set(features, ArterialFeature::kPortalDarkest, above(portal.darkest_hu, portal));
  set(features, ArterialFeature::kPortalCoreHu, portal.core_hu / 100);
  return features;
}

}  // namespace

void tell_by_both_phases(const BothPhases& scans, const Mask& ids, const ArterialReadout& readout,
                         std::vector<Lesion>& lesions, Run& run) {
  const LinearSampler portal(scans.portal);
  const LinearSampler arterial(scans.arterial);
  const RigidMap still{RigidMotion{}};
  const RigidMap moved(scans.motion);
  const double portal_hu = liver_median_hu(scans.liver, ids, portal, still);
  const double arterial_hu = liver_median_hu(scans.liver, ids, arterial, moved);
  parallel_for(static_cast<int64_t>(lesions.size()), run, [&](int64_t i) {
    Lesion& lesion = lesions[static_cast<size_t>(i)];
    Run quiet;
    quiet.threads = 1;
    const std::vector<LesionVoxel> voxels = voxels_of(ids, lesion, quiet);
    const auto now = signs_of(voxels, portal, still, portal_hu);
    const auto then = signs_of(voxels, arterial, moved, arterial_hu);
    if (!now || !then) return;
    lesion.arterial = ArterialSigns{*then, *now, lesion.probabilities};
    lesion.probabilities = readout.probabilities(features_of(lesion.probabilities, *now, *then));
  });
}

}  // namespace hepatica
