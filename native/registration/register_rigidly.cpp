#include "registration/register_rigidly.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/parallel.h"
#include "core/random.h"
#include "core/vec3.h"
#include "ops/distance_map.h"
#include "ops/metrics.h"
#include "registration/cell_picture.h"
#include "registration/mutual_information.h"
#include "registration/nearest_voxel.h"

namespace hepatica {
namespace {

constexpr double kMarginMm = 10;
constexpr size_t kMostPoints = 30'000;
// About the distance of a liver's voxels from its middle: a turn by 1/60 moves them by about 1 mm.
constexpr double kRadiusMm = 60;
constexpr int kMostSteps = 100;
constexpr double kRelaxed = 0.6;
// Where the organ may lie along the table: as far as it moves between two breaths.
constexpr double kMostShiftMm = 72;
constexpr double kShiftStepMm = 24;
constexpr double kJudgedMm = 4;

struct Level {
  double cell_mm;
  double first_step_mm;
  double last_step_mm;
};
constexpr std::array<Level, 3> kLevels = {{{8, 8, 0.5}, {4, 2, 0.2}, {2, 1, 0.05}}};

// Cells that hold a voxel of the organ.
std::vector<uint8_t> organ_cells(const Mask& organ, const Size3& factors, const Geometry& cells, Run& run) {
  std::vector<uint8_t> set(static_cast<size_t>(cells.voxel_count()));
  parallel_for(cells.size[2], run, [&](int64_t z) {
    for (int64_t source_z = z * factors[2]; source_z < (z + 1) * factors[2]; ++source_z) {
      for (int64_t y = 0; y < cells.size[1] * factors[1]; ++y) {
        const uint8_t* row = organ.slice(source_z) + y * organ.geometry.size[0];
        uint8_t* out = set.data() + (z * cells.size[1] + y / factors[1]) * cells.size[0];
        for (int64_t x = 0; x < cells.size[0] * factors[0]; ++x) out[x / factors[0]] |= row[x] != 0;
      }
    }
  });
  return set;
}

// Each point is kept by a draw of its own place.
std::vector<FixedPoint> points_about(const OutlinedScan& scan, double cell_mm, Run& run) {
  const CellPicture picture(scan.volume, cell_mm, run);
  const Geometry& cells = picture.cells();
  const auto set = organ_cells(scan.organ, cell_factors(scan.volume.geometry, cell_mm), cells, run);
  const auto squares = squared_distances(set, cells.size, cells.spacing_mm, run);
  const auto near = [&](size_t i) { return static_cast<double>(squares[i]) <= kMarginMm * kMarginMm; };
  size_t count = 0;
  for (size_t i = 0; i < squares.size(); ++i) count += near(i) ? 1 : 0;
  const double kept = std::min(1.0, static_cast<double>(kMostPoints) / static_cast<double>(std::max<size_t>(count, 1)));
  std::vector<FixedPoint> points;
  size_t i = 0;
  for (int64_t z = 0; z < cells.size[2]; ++z) {
    for (int64_t y = 0; y < cells.size[1]; ++y) {
      for (int64_t x = 0; x < cells.size[0]; ++x, ++i) {
        if (!near(i) || Random(0, {i}).uniform() >= kept) continue;
        const Vec3 index = {static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        points.push_back({cells.position_mm(index), picture.at(x, y, z)});
      }
    }
  }
  return points;
}

Vec3 middle_mm(const Mask& organ) {
  Vec3 index = {0, 0, 0};
  int64_t count = 0;
  const auto [width, height, slices] = organ.geometry.size;
  for (int64_t z = 0; z < slices; ++z) {
    const uint8_t* voxel = organ.slice(z);
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x, ++voxel) {
        if (!*voxel) continue;
        index = {index[0] + static_cast<double>(x), index[1] + static_cast<double>(y),
                 index[2] + static_cast<double>(z)};
        ++count;
      }
    }
  }
  const auto voxels = static_cast<double>(count);
  return organ.geometry.position_mm({index[0] / voxels, index[1] / voxels, index[2] / voxels});
}

struct Ascent {
  RigidMotion motion;
  double information = 0;
};

// In mm: of the organ's outer voxels for an angle.
using Direction = std::array<double, 6>;

Direction uphill(const Agreement& agreement) {
  Direction direction = agreement.gradient;
  for (size_t i = 0; i < 3; ++i) direction[i] /= kRadiusMm;
  double length = 0;
  for (const double part : direction) length += part * part;
  length = std::sqrt(length);
  for (double& part : direction) part = length > 0 ? part / length : 0;
  return direction;
}

void move(RigidMotion& motion, const Direction& direction, double step_mm) {
  for (size_t i = 0; i < 3; ++i) {
    motion.angles[i] += step_mm * direction[i] / kRadiusMm;
    motion.shift_mm[i] += step_mm * direction[3 + i];
  }
}

// Steps of one length along the gradient, shorter wherever it turns back.
Ascent climb(const std::vector<FixedPoint>& points, const CellPicture& moving, const RigidMotion& start,
             const Level& level, Run& run) {
  Ascent best{start, 0};
  RigidMotion motion = start;
  Direction last{};
  double step_mm = level.first_step_mm;
  for (int i = 0; i < kMostSteps && step_mm >= level.last_step_mm; ++i) {
    const Agreement agreement = mutual_information(points, moving, motion, run);
    if (agreement.information > best.information) best = {motion, agreement.information};
    const Direction direction = uphill(agreement);
    double agreeing = 0;
    for (size_t k = 0; k < 6; ++k) agreeing += direction[k] * last[k];
    if (agreeing < 0) step_mm *= kRelaxed;
    move(motion, direction, step_mm);
    last = direction;
  }
  return best;
}

RigidMotion climb_all(const OutlinedScan& fixed, const Volume& moving, std::vector<RigidMotion> starts, Run& run) {
  for (size_t i = 0; i < kLevels.size(); ++i) {
    const Level& level = kLevels[i];
    const auto points = points_about(fixed, level.cell_mm, run);
    const CellPicture picture(moving, level.cell_mm, run);
    Ascent best{starts.front(), -1};
    for (const RigidMotion& start : starts) {
      const Ascent ascent = climb(points, picture, start, level, run);
      if (ascent.information > best.information) best = ascent;
    }
    starts = {best.motion};
    run.progress(static_cast<double>(i + 1) / kLevels.size());
  }
  return starts.front();
}

}  // namespace

RigidMotion register_rigidly(const OutlinedScan& fixed, const OutlinedScan& moving, Run& run) {
  const Vec3 centre = middle_mm(fixed.organ);
  const Vec3 there = middle_mm(moving.organ);
  const RigidMotion meeting{{}, {there[0] - centre[0], there[1] - centre[1], there[2] - centre[2]}, centre};
  return climb_all(fixed, moving.volume, {meeting, {{}, {}, centre}}, run);
}

RigidMotion register_rigidly(const OutlinedScan& fixed, const Volume& moving, Run& run) {
  const Vec3 centre = middle_mm(fixed.organ);
  std::vector<RigidMotion> starts;
  for (double shift_mm = -kMostShiftMm; shift_mm <= kMostShiftMm; shift_mm += kShiftStepMm) {
    starts.push_back({{}, {0, 0, shift_mm}, centre});
  }
  return climb_all(fixed, moving, std::move(starts), run);
}

double shared_information(const OutlinedScan& fixed, const Volume& moving, const RigidMotion& motion, Run& run) {
  const CellPicture picture(moving, kJudgedMm, run);
  const Agreement agreement = mutual_information(points_about(fixed, kJudgedMm, run), picture, motion, run);
  return agreement.information > 0 ? agreement.information / agreement.entropy : 0;
}

double organ_dice(const OutlinedScan& fixed, const OutlinedScan& moving, const RigidMotion& motion, Run& run) {
  const Geometry cells =
      cell_geometry(fixed.volume.geometry, cell_factors(fixed.volume.geometry, kLevels.back().cell_mm));
  const RigidMap map(motion);
  const NearestVoxel here(fixed.organ.geometry);
  const NearestVoxel there(moving.organ.geometry);
  std::vector<Overlap> slices(static_cast<size_t>(cells.size[2]));
  parallel_for(cells.size[2], run, [&](int64_t z) {
    Overlap& counts = slices[static_cast<size_t>(z)];
    for (int64_t y = 0; y < cells.size[1]; ++y) {
      for (int64_t x = 0; x < cells.size[0]; ++x) {
        const Vec3 p = cells.position_mm({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        const auto voxel = here.at(p);
        const auto met = there.at(map.apply(p));
        if (!voxel || !met) continue;
        const bool organ = fixed.organ.voxels[*voxel] != 0;
        const bool meets = moving.organ.voxels[*met] != 0;
        counts += {organ && meets, meets && !organ, organ && !meets, !organ && !meets};
      }
    }
  });
  Overlap overlap;
  for (const Overlap& counts : slices) overlap += counts;
  return dice(overlap);
}

}  // namespace hepatica
