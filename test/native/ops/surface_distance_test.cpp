#include "ops/surface_distance.h"

#include <algorithm>
#include <cmath>

#include "ops/distance_map.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

Geometry anisotropic(int64_t x, int64_t y, int64_t z) {
  Geometry geometry = grid(x, y, z);
  geometry.spacing_mm = {0.7, 1.3, 2.5};
  return geometry;
}

using Points = std::vector<std::array<double, 3>>;

// By the definition: every pair of surface voxels. `at` says what lies at an index, outside the volume nothing.
Points surface_points(const Mask& mask) {
  const auto [width, height, slices] = mask.geometry.size;
  const auto at = [&](int64_t x, int64_t y, int64_t z) {
    const bool inside = x >= 0 && y >= 0 && z >= 0 && x < width && y < height && z < slices;
    return inside && mask.voxels[static_cast<size_t>((z * height + y) * width + x)] != 0;
  };
  Points points;
  for (int64_t z = 0; z < slices; ++z) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        const bool within = at(x - 1, y, z) && at(x + 1, y, z) && at(x, y - 1, z) && at(x, y + 1, z) &&
                            at(x, y, z - 1) && at(x, y, z + 1);
        if (!at(x, y, z) || within) continue;
        const auto& spacing = mask.geometry.spacing_mm;
        points.push_back({static_cast<double>(x) * spacing[0], static_cast<double>(y) * spacing[1],
                          static_cast<double>(z) * spacing[2]});
      }
    }
  }
  return points;
}

std::vector<double> nearest_distances(const Points& from, const Points& to) {
  std::vector<double> distances;
  for (const auto& p : from) {
    double nearest = 1e9;
    for (const auto& q : to) nearest = std::min(nearest, std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
    distances.push_back(nearest);
  }
  std::sort(distances.begin(), distances.end());
  return distances;
}

double sorted_percentile(const std::vector<double>& sorted, double part) {
  const double rank = part * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(rank);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (rank - static_cast<double>(low));
}

void set_box(Mask& mask, const Size3& from, const Size3& to) {
  const auto [width, height, slices] = mask.geometry.size;
  for (int64_t z = from[2]; z < to[2]; ++z) {
    for (int64_t y = from[1]; y < to[1]; ++y) {
      for (int64_t x = from[0]; x < to[0]; ++x) mask.voxels[static_cast<size_t>((z * height + y) * width + x)] = 1;
    }
  }
}

Mask empty_mask(const Geometry& geometry) {
  return {geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
}

}  // namespace

TEST_CASE("HD95 and surface Dice are those of all pairs of surface voxels, whatever the thread count") {
  const std::array<Geometry, 3> grids = {anisotropic(33, 17, 11), anisotropic(40, 24, 1), anisotropic(1, 1, 7)};
  for (const Geometry& geometry : grids) {
    for (const int percent : {3, 40, 90}) {
      const auto count = static_cast<size_t>(geometry.voxel_count());
      Mask prediction{geometry, random_mask(count, percent, 1)};
      Mask reference{geometry, random_mask(count, 50, 2)};
      prediction.voxels[0] = reference.voxels[count - 1] = 7;
      const Points a = surface_points(prediction);
      const Points b = surface_points(reference);
      const std::vector<double> a_to_b = nearest_distances(a, b);
      const std::vector<double> b_to_a = nearest_distances(b, a);
      const auto near = [](const std::vector<double>& distances) {
        return std::count_if(distances.begin(), distances.end(), [](double d) { return d <= 2 + 1e-9; });
      };
      for (const int threads : {1, 4}) {
        Run run;
        run.threads = threads;
        const SurfaceAgreement found = compare_surfaces(prediction, reference, 2, run);
        CHECK(*found.hd95_mm ==
              doctest::Approx(std::max(sorted_percentile(a_to_b, 0.95), sorted_percentile(b_to_a, 0.95))));
        CHECK(found.surface_dice == doctest::Approx(static_cast<double>(near(a_to_b) + near(b_to_a)) /
                                                    static_cast<double>(a.size() + b.size())));
      }
    }
  }
}

TEST_CASE("distances are counted in millimetres along each axis") {
  Mask prediction = empty_mask(anisotropic(20, 20, 20));
  Mask reference = prediction;
  set_box(prediction, {5, 5, 5}, {10, 10, 10});
  // Moved by one slice: the two faces lie 2.5 mm apart, the sides that stay lie on one another.
  set_box(reference, {5, 5, 6}, {10, 10, 11});
  Run run;
  const SurfaceAgreement along_z = compare_surfaces(prediction, reference, 2, run);
  CHECK(*along_z.hd95_mm == doctest::Approx(2.5));
  CHECK(along_z.surface_dice < 1);
  CHECK(compare_surfaces(prediction, reference, 2.5, run).surface_dice == 1);

  Mask beside = empty_mask(anisotropic(20, 20, 20));
  set_box(beside, {6, 5, 5}, {11, 10, 10});
  const SurfaceAgreement along_x = compare_surfaces(prediction, beside, 2, run);
  CHECK(*along_x.hd95_mm == doctest::Approx(0.7));
  CHECK(along_x.surface_dice == 1);
}

TEST_CASE("surfaces of empty masks, and of one mask with itself") {
  const Mask empty = empty_mask(anisotropic(9, 8, 7));
  Mask box = empty;
  set_box(box, {2, 2, 2}, {6, 6, 6});
  Run run;
  const SurfaceAgreement both_empty = compare_surfaces(empty, empty, 2, run);
  CHECK(*both_empty.hd95_mm == 0);
  CHECK(both_empty.surface_dice == 1);
  for (const SurfaceAgreement& one : {compare_surfaces(empty, box, 2, run), compare_surfaces(box, empty, 2, run)}) {
    CHECK_FALSE(one.hd95_mm.has_value());
    CHECK(one.surface_dice == 0);
  }
  const SurfaceAgreement same = compare_surfaces(box, box, 2, run);
  CHECK(*same.hd95_mm == 0);
  CHECK(same.surface_dice == 1);
}

TEST_CASE("without a voxel set every distance is infinite") {
  Run run;
  const std::vector<float> squares = squared_distances(std::vector<uint8_t>(24), {2, 3, 4}, {1, 1, 1}, run);
  CHECK(std::all_of(squares.begin(), squares.end(), [](float square) { return std::isinf(square); }));
}
