// Tilted series on orthogonal grids: every place keeps its value.
#include "nifti/orthonormal.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "nifti/affine.h"
#include "nifti/nifti.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

// Slices tilted about x (as gantries are) or about y, by degrees of either sign; the axes turned or not.
Geometry tilted(double degrees, int about, bool turned, int64_t slices = 12) {
  Geometry geometry;
  geometry.size = {30, 26, slices};
  geometry.spacing_mm = {0.75, 0.5, 3};
  geometry.origin_mm = {-12, 30.5, -200};
  const double s = std::sin(degrees * kDegree);
  const double c = std::cos(degrees * kDegree);
  const double lean_x = about == 1 ? s : 0;
  const double lean_y = about == 0 ? s : 0;
  geometry.direction = turned ? Mat3{0, -1, -lean_y, 1, 0, lean_x, 0, 0, c} : Mat3{1, 0, lean_x, 0, 1, lean_y, 0, 0, c};
  return geometry;
}

void for_each_index(const Geometry& geometry, auto&& visit) {
  size_t voxel = 0;
  for (int64_t z = 0; z < geometry.size[2]; ++z) {
    for (int64_t y = 0; y < geometry.size[1]; ++y) {
      for (int64_t x = 0; x < geometry.size[0]; ++x) {
        visit(voxel++, Vec3{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
      }
    }
  }
}

// HU that grow evenly along all patient axes.
double ramp(const Vec3& mm) { return 40 + mm[0] - 2 * mm[1] + 0.5 * mm[2]; }

}  // namespace

TEST_CASE("HU and labels stay where they are in the patient, however the series is tilted") {
  for (const double degrees : {-25.0, -3.0, 0.5, 12.0, 30.0}) {
    for (const int about : {0, 1}) {
      for (const bool turned : {false, true}) {
        const Geometry source = tilted(degrees, about, turned);
        REQUIRE_FALSE(is_orthogonal(source));
        Mask mask{source, std::vector<uint8_t>(static_cast<size_t>(source.voxel_count()), 0)};
        Volume volume{source, std::vector<float>(mask.voxels.size())};
        auto& hu = std::get<std::vector<float>>(volume.hu);
        const Vec3 centre = source.position_mm({15, 13, 6});
        const auto inside = [&](const Vec3& mm, double radius) {
          return std::hypot(mm[0] - centre[0], mm[1] - centre[1], mm[2] - centre[2]) <= radius;
        };
        for_each_index(source, [&](size_t voxel, const Vec3& index) {
          const Vec3 mm = source.position_mm(index);
          hu[voxel] = static_cast<float>(ramp(mm));
          mask.voxels[voxel] = inside(mm, 5) ? 2 : 0;
        });

        const Mask straight = to_orthonormal(mask);
        const Volume filled = to_orthonormal(volume);
        CHECK(is_orthogonal(straight.geometry));
        CHECK(filled.geometry == straight.geometry);
        CHECK(straight.geometry.size[2] == source.size[2]);
        const auto& values = std::get<std::vector<float>>(filled.hu);
        int64_t covered = 0;
        int64_t wrong = 0;
        for_each_index(straight.geometry, [&](size_t voxel, const Vec3& index) {
          const Vec3 mm = straight.geometry.position_mm(index);
          if (values[voxel] > -500) {
            // At the rim a value is mixed with the air around it.
            if (std::abs(values[voxel] - ramp(mm)) < 0.01) ++covered;
          }
          // Half a voxel's diagonal is what the nearest one may be off by.
          if (straight.voxels[voxel] != 0 ? !inside(mm, 5.5) : inside(mm, 4.5)) ++wrong;
        });
        CHECK(covered >= (source.size[0] - 1) * (source.size[1] - 1) * source.size[2]);
        CHECK(wrong == 0);
        // All slices fit.
        int64_t before = 0;
        int64_t after = 0;
        for (const uint8_t label : mask.voxels) before += label == 2;
        for (const uint8_t label : straight.voxels) after += label == 2;
        CHECK(after == before);
        CHECK(straight.geometry.voxel_volume_ml() == doctest::Approx(source.voxel_volume_ml()));
      }
    }
  }
}

TEST_CASE("a tilted grid is written resampled with a warning, or kept; others are written as they are") {
  std::string folder = (fs::temp_directory_path() / "hepatica-nifti-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  const std::string path = folder + "/mask.nii.gz";
  const auto written = [&](const Geometry& geometry, NiftiGrid grid, Run& run) {
    write_nifti(path, Mask{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()), 1)}, grid, run);
    return read_nifti_mask(path, run).geometry;
  };
  Run resampled;
  CHECK(is_orthogonal(written(tilted(15, 0, false), NiftiGrid::kOrthonormal, resampled)));
  REQUIRE(resampled.warnings().size() == 1);
  CHECK(resampled.warnings()[0].code == "RESAMPLED_GRID");
  Run kept;
  CHECK_FALSE(is_orthogonal(written(tilted(15, 0, false), NiftiGrid::kSource, kept)));
  CHECK(kept.warnings().empty());
  Run straight;
  Geometry oblique = tilted(0, 0, false);
  const double s = std::sin(0.3);
  const double c = std::cos(0.3);
  oblique.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  CHECK(written(oblique, NiftiGrid::kOrthonormal, straight).size == oblique.size);
  CHECK(straight.warnings().empty());
  fs::remove_all(folder);
}
