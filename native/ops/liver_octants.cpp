#include "ops/liver_octants.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace hepatica {
namespace {

// Less is no whole liver (pipelines/plausibility_rules.h: adults have 594 ml and more).
constexpr double kLeastMl = 400;
constexpr double kLeastHeightMm = 60;
// Where the vena cava passes, from the right to the left edge and from the front to the back; edges without the
// outermost 2 %.
constexpr double kEdge = 0.02;
constexpr double kPivotToLeft = 0.68;
constexpr double kPivotToBack = 0.66;
// Of the volume: right posterior, both right ones, all but left lateral.
constexpr std::array<double, 3> kShares = {0.30, 0.66, 0.81};
// The fan opens where no liver is: between left and back.
constexpr double kOpening = -std::numbers::pi / 4;

double quantile(std::vector<double> values, double part) {
  const auto at = values.begin() + static_cast<int64_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::vector<Vec3> positions_of(const Mask& liver) {
  const Size3& size = liver.geometry.size;
  std::vector<Vec3> positions;
  const uint8_t* voxel = liver.voxels.data();
  for (int64_t z = 0; z < size[2]; ++z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      for (int64_t x = 0; x < size[0]; ++x) {
        if (*voxel++ == 0) continue;
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        positions.push_back(liver.geometry.position_mm(index));
      }
    }
  }
  return positions;
}

std::vector<double> along(const std::vector<Vec3>& positions, size_t axis) {
  std::vector<double> values;
  for (const Vec3& position : positions) values.push_back(position[axis]);
  return values;
}

double between(const std::vector<double>& values, double part) {
  const double low = quantile(values, kEdge);
  return low + part * (quantile(values, 1 - kEdge) - low);
}

}  // namespace

LiverOctants::LiverOctants(const Mask& liver) {
  const std::vector<Vec3> positions = positions_of(liver);
  if (static_cast<double>(positions.size()) * liver.geometry.voxel_volume_ml() < kLeastMl) return;
  const std::vector<double> heights = along(positions, 2);
  if (quantile(heights, 1 - kEdge) - quantile(heights, kEdge) < kLeastHeightMm) return;
  whole_ = true;
  pivot_mm_ = {between(along(positions, 0), kPivotToLeft), between(along(positions, 1), kPivotToBack)};
  std::vector<double> angles;
  for (const Vec3& position : positions) angles.push_back(angle_of(position));
  for (size_t i = 0; i < borders_.size(); ++i) borders_[i] = quantile(angles, kShares[i]);
  std::array<std::vector<double>, 4> of_sector;
  for (size_t i = 0; i < positions.size(); ++i) {
    of_sector[static_cast<size_t>(sector_of(angles[i]))].push_back(positions[i][2]);
  }
  for (size_t i = 0; i < of_sector.size(); ++i) {
    if (!of_sector[i].empty()) middle_mm_[i] = quantile(std::move(of_sector[i]), 0.5);
  }
}

std::optional<LiverOctant> LiverOctants::at(const Vec3& position_mm) const {
  if (!whole_) return std::nullopt;
  const LiverSector sector = sector_of(angle_of(position_mm));
  return LiverOctant{sector, position_mm[2] > middle_mm_[static_cast<size_t>(sector)]};
}

// From the back over the right and the front to the left.
double LiverOctants::angle_of(const Vec3& position_mm) const {
  const double angle = std::atan2(pivot_mm_[0] - position_mm[0], position_mm[1] - pivot_mm_[1]);
  return angle < kOpening ? angle + 2 * std::numbers::pi : angle;
}

LiverSector LiverOctants::sector_of(double angle) const {
  const auto border = std::find_if(borders_.begin(), borders_.end(), [&](double end) { return angle <= end; });
  return static_cast<LiverSector>(border - borders_.begin());
}

}  // namespace hepatica
