#include "ops/orient.h"

#include <numeric>
#include <string>

#include "core/error.h"
#include "synthetic.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// A 4 x 3 x 2 volume whose index axes run along the given patient axes.
Volume numbered_volume(const Mat3& direction) {
  Volume volume;
  volume.geometry = {{4, 3, 2}, {0.5, 0.7, 3}, {10, -20, 30}, direction};
  std::vector<int16_t> hu(24);
  std::iota(hu.begin(), hu.end(), int16_t{0});
  volume.hu = hu;
  return volume;
}

double distance(const Vec3& a, const Vec3& b) {
  double worst = 0;
  for (int axis = 0; axis < 3; ++axis) worst = std::max(worst, std::abs(a[axis] - b[axis]));
  return worst;
}

// Every voxel of the canonical volume keeps the position it had in the source.
void check_positions(const Volume& source, const Volume& canonical) {
  const auto& numbers = std::get<std::vector<int16_t>>(canonical.hu);
  const Size3& size = canonical.geometry.size;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto at = static_cast<int64_t>(i);
    const Vec3 index = {static_cast<double>(at % size[0]), static_cast<double>(at / size[0] % size[1]),
                        static_cast<double>(at / size[0] / size[1])};
    const int number = numbers[i];
    const Vec3 source_index = {static_cast<double>(number % 4), static_cast<double>(number / 4 % 3),
                               static_cast<double>(number / 12)};
    CHECK(distance(canonical.geometry.position_mm(index), source.geometry.position_mm(source_index)) < 1e-12);
  }
}

}  // namespace

TEST_CASE("flipped and swapped axes become canonical, voxels stay where they were, masks come back") {
  const std::vector<Mat3> directions = {{1, 0, 0, 0, 1, 0, 0, 0, 1},       {-1, 0, 0, 0, -1, 0, 0, 0, 1},
                                        {-1, 0, 0, 0, 1, 0, 0, 0, -1},     {0, 1, 0, 1, 0, 0, 0, 0, 1},
                                        {0, -1, 0, 1, 0, 0, 0, 0, -1},     {0, 1, 0, -1, 0, 0, 0, 0, 1},
                                        {1, 0, 0, 0, 1, 0.3, 0, 0, 0.954}, {-0.8, 0.6, 0, 0.6, 0.8, 0, 0, 0, 1}};
  for (const Mat3& direction : directions) {
    const Volume source = numbered_volume(direction);
    const AxisOrder order = canonical_order(source.geometry);
    const Volume canonical = to_canonical(source, order);
    for (int axis = 0; axis < 3; ++axis) CHECK(canonical.geometry.direction[4 * axis] > 0.5);
    CHECK(canonical_order(canonical.geometry).is_identity());
    check_positions(source, canonical);

    ByteVolume picture{source.geometry, std::vector<uint8_t>(24)};
    std::iota(picture.voxels.begin(), picture.voxels.end(), uint8_t{0});
    const ByteVolume turned = to_canonical(picture, order);
    CHECK(turned.geometry == canonical.geometry);
    const ByteVolume back = from_canonical(turned, order, source.geometry);
    CHECK(back.voxels == picture.voxels);
    CHECK(back.geometry == source.geometry);
  }
}

TEST_CASE("volumes of floats are turned too") {
  Volume source = numbered_volume({-1, 0, 0, 0, 1, 0, 0, 0, 1});
  source.hu = std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
  const Volume canonical = to_canonical(source, canonical_order(source.geometry));
  CHECK(std::get<std::vector<float>>(canonical.hu)[0] == 3);
  CHECK(std::get<std::vector<float>>(canonical.hu)[23] == 20);
}

TEST_CASE("an identical order moves the voxels instead of copying them") {
  Volume source = numbered_volume(kIdentity3);
  const void* voxels = std::get<std::vector<int16_t>>(source.hu).data();
  const AxisOrder order = canonical_order(source.geometry);
  CHECK(order.is_identity());
  const Volume canonical = to_canonical(std::move(source), order);
  CHECK(std::get<std::vector<int16_t>>(canonical.hu).data() == voxels);
}

TEST_CASE("coronal and sagittal slices are refused by name") {
  const auto message = [](const Mat3& direction) {
    try {
      canonical_order(numbered_volume(direction).geometry);
    } catch (const Error& error) {
      CHECK(error.code == "UNSUPPORTED_ORIENTATION");
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message({1, 0, 0, 0, 0, 1, 0, -1, 0}) == "Expected axial slices, received coronal ones");
  CHECK(message({0, 0, 1, 1, 0, 0, 0, -1, 0}) == "Expected axial slices, received sagittal ones");
}
