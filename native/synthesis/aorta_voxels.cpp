#include "synthesis/aorta_voxels.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "ops/aorta.h"
#include "ops/body_statistics.h"
#include "ops/orient.h"
#include "ops/subsample.h"
#include "registration/nearest_voxel.h"

namespace hepatica {
namespace {

constexpr Vec3 kCoarseMm = {3, 3, 5};
// A slice's part of it lies this near to the middle of its neighbour's, and is neither smaller nor larger.
constexpr double kReachMm = 16;
constexpr double kLeastMm2 = 60;
constexpr double kMostMm2 = 900;
// HU of what lies around it, on average, and of calcified walls and bone.
constexpr double kAroundHu = 30;
constexpr double kBrighter = 1.4;

struct Place {
  int64_t x;
  int64_t y;
};

class Following {
 public:
  Following(const Volume& volume, double median_hu) : volume_(volume), geometry_(volume.geometry) {
    aorta_.median_hu = median_hu;
    aorta_.cover.resize(static_cast<size_t>(geometry_.voxel_count()));
  }

  AortaVoxels from(size_t voxel) {
    const auto pixels = static_cast<size_t>(geometry_.slice_pixels());
    const auto z = static_cast<int64_t>(voxel / pixels);
    const Place start{static_cast<int64_t>(voxel % pixels) % geometry_.size[0],
                      static_cast<int64_t>(voxel % pixels) / geometry_.size[0]};
    std::optional<Place> at = start;
    for (int64_t above = z; at && above < geometry_.size[2]; ++above) at = take_slice(above, *at);
    at = start;
    for (int64_t below = z - 1; at && below >= 0; --below) at = take_slice(below, *at);
    return std::move(aorta_);
  }

 private:
  size_t index(const Place& place, int64_t z) const {
    return static_cast<size_t>((z * geometry_.size[1] + place.y) * geometry_.size[0] + place.x);
  }

  float cover_at(size_t voxel) const {
    const double hu = std::visit([&](const auto& values) { return static_cast<double>(values[voxel]); }, volume_.hu);
    if (!(hu < kBrighter * aorta_.median_hu)) return 0;
    return static_cast<float>(std::clamp(1.4 * (hu - kAroundHu) / (aorta_.median_hu - kAroundHu) - 0.35, 0.0, 1.0));
  }

  bool is_near(const Place& place, const Place& middle) const {
    return std::hypot(static_cast<double>(place.x - middle.x) * geometry_.spacing_mm[0],
                      static_cast<double>(place.y - middle.y) * geometry_.spacing_mm[1]) <= kReachMm;
  }

  // What is more than half aorta and hangs together with its middle, and its edge; the middle of it, if it is one.
  std::optional<Place> take_slice(int64_t z, const Place& middle) {
    std::vector<Place> open = {middle};
    std::vector<size_t> taken;
    double x = 0;
    double y = 0;
    int64_t count = 0;
    while (!open.empty()) {
      const Place place = open.back();
      open.pop_back();
      if (place.x < 0 || place.y < 0 || place.x >= geometry_.size[0] || place.y >= geometry_.size[1]) continue;
      const size_t voxel = index(place, z);
      if (!is_near(place, middle) || aorta_.cover[voxel] > 0) continue;
      const float cover = cover_at(voxel);
      if (cover <= 0) continue;
      aorta_.cover[voxel] = cover;
      taken.push_back(voxel);
      if (cover < 0.5F) continue;
      x += static_cast<double>(place.x);
      y += static_cast<double>(place.y);
      ++count;
      for (const auto& [dx, dy] : {std::pair{1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
        open.push_back({place.x + dx, place.y + dy});
      }
    }
    const double mm2 = static_cast<double>(count) * geometry_.spacing_mm[0] * geometry_.spacing_mm[1];
    if (mm2 >= kLeastMm2 && mm2 <= kMostMm2) {
      return Place{std::lround(x / static_cast<double>(count)), std::lround(y / static_cast<double>(count))};
    }
    for (const size_t voxel : taken) aorta_.cover[voxel] = 0;
    return std::nullopt;
  }

  const Volume& volume_;
  const Geometry& geometry_;
  AortaVoxels aorta_;
};

}  // namespace

AortaVoxels aorta_voxels(const Volume& volume, const Mask& liver, Run& run) {
  const Stride3 stride = strides_to(kCoarseMm, volume.geometry);
  const AxisOrder order = canonical_order(volume.geometry);
  const Volume coarse = to_canonical(subsample(volume, stride), order);
  const auto aorta = find_aorta(coarse, to_canonical(subsample(liver, stride), order),
                                body_statistics(coarse, BodyLimits{}, run), run);
  if (!aorta) return {};
  const auto voxel = NearestVoxel(volume.geometry).at(coarse.geometry.position_mm(aorta->place));
  return voxel ? Following(volume, aorta->median_hu).from(*voxel) : AortaVoxels{};
}

}  // namespace hepatica
