#include "synthesis/synthetic_lesions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/random.h"

using namespace hepatica;

namespace {

constexpr double kLiverHu = 105;
constexpr double kVesselHu = 165;

struct Scan {
  Volume volume;
  Mask liver;
  Mask none;
};

const std::vector<int16_t>& hu_of(const Volume& volume) { return std::get<std::vector<int16_t>>(volume.hu); }

// A noisy liver, half an ellipsoid of 150 x 120 x 150 mm, with straight vessels, in fat.
Scan make_scan(const Size3& size = {112, 96, 40}, const Vec3& spacing = {1.5, 1.5, 4}) {
  Scan scan;
  scan.volume.geometry = {size, spacing, {-80, -70, 10}};
  const auto voxels = static_cast<size_t>(scan.volume.geometry.voxel_count());
  std::vector<int16_t> hu(voxels);
  scan.none = {scan.volume.geometry, std::vector<uint8_t>(voxels)};
  scan.liver = scan.none;
  Random random(7, {});
  for (int64_t i = 0; i < scan.volume.geometry.voxel_count(); ++i) {
    const int64_t x = i % size[0];
    const int64_t y = i / size[0] % size[1];
    const int64_t z = i / (size[0] * size[1]);
    const double u = (static_cast<double>(x) - 56) * spacing[0] / 75;
    const double v = (static_cast<double>(y) - 48) * spacing[1] / 60;
    const double w = (static_cast<double>(z) - 20) * spacing[2] / 75;
    const bool inside = u * u + v * v + w * w < 1;
    const bool vessel = inside && (x + 3 * z) % 37 < 3 && y % 24 < 3;
    const double mean = inside ? (vessel ? kVesselHu : kLiverHu) : -90;
    hu[i] = static_cast<int16_t>(std::lround(mean + random.normal(12)));
    scan.liver.voxels[i] = inside;
  }
  scan.volume.hu = std::move(hu);
  return scan;
}

SyntheticLesions synthesize(const Scan& scan, const SyntheticLesionOptions& options, const Mask* real = nullptr,
                            int threads = 2) {
  Run run;
  run.threads = threads;
  return synthesize_lesions(scan.volume, scan.liver, real, options, run);
}

SyntheticLesionOptions only(LesionType type, uint64_t seed, int min_count = 1, int max_count = 3) {
  SyntheticLesionOptions options;
  options.seed = seed;
  options.types = {type};
  options.min_count = min_count;
  options.max_count = max_count;
  return options;
}

double distance_mm(const Geometry& geometry, int64_t a, int64_t b) {
  double sum = 0;
  for (int axis = 0; axis < 3; ++axis) {
    const int64_t step = axis == 0 ? 1 : axis == 1 ? geometry.size[0] : geometry.slice_pixels();
    const double mm = static_cast<double>(a / step % geometry.size[axis] - b / step % geometry.size[axis]) *
                      geometry.spacing_mm[axis];
    sum += mm * mm;
  }
  return std::sqrt(sum);
}

std::string code_of(const Scan& scan, const SyntheticLesionOptions& options) {
  try {
    synthesize(scan, options);
  } catch (const Error& error) {
    return error.code;
  }
  return {};
}

}  // namespace

TEST_CASE("synthetic lesions are the same whatever the thread count, and others with another seed") {
  const Scan scan = make_scan();
  SyntheticLesionOptions options;
  options.seed = 11;
  options.min_count = 3;
  const SyntheticLesions one = synthesize(scan, options, nullptr, 1);
  const SyntheticLesions five = synthesize(scan, options, nullptr, 5);
  CHECK(hu_of(one.volume) == hu_of(five.volume));
  CHECK(one.ids.voxels == five.ids.voxels);
  CHECK(one.types.voxels == five.types.voxels);
  options.seed = 12;
  CHECK(synthesize(scan, options).ids.voxels != one.ids.voxels);
}

TEST_CASE("synthetic lesions lie in the liver, masks and records agree, the rest keeps its HU") {
  const Scan scan = make_scan();
  for (const uint64_t seed : {1, 2, 3}) {
    SyntheticLesionOptions options;
    options.seed = seed;
    options.min_count = 2;
    options.mixed_probability = 1;
    const SyntheticLesions made = synthesize(scan, options);
    REQUIRE(made.lesions.size() >= 2);
    std::vector<int64_t> voxels(made.lesions.size() + 1);
    std::vector<double> sums(voxels.size());
    bool outside = false;
    bool types_agree = true;
    int64_t changed = 0;
    for (size_t i = 0; i < made.ids.voxels.size(); ++i) {
      const uint8_t id = made.ids.voxels[i];
      outside |= id != 0 && scan.liver.voxels[i] == 0;
      types_agree &= made.types.voxels[i] == (id == 0 ? 0 : static_cast<uint8_t>(made.lesions[id - 1].type));
      ++voxels[id];
      sums[id] += hu_of(made.volume)[i];
      changed += hu_of(made.volume)[i] != hu_of(scan.volume)[i];
    }
    CHECK_FALSE(outside);
    CHECK(types_agree);
    int64_t labelled = 0;
    for (const SyntheticLesion& lesion : made.lesions) {
      CHECK(lesion.voxels == voxels[lesion.id]);
      CHECK(lesion.mean_hu == doctest::Approx(sums[lesion.id] / static_cast<double>(voxels[lesion.id])));
      CHECK(lesion.volume_ml == doctest::Approx(static_cast<double>(lesion.voxels) * 1.5 * 1.5 * 4 / 1000));
      CHECK(lesion.semi_axes_mm[0] >= lesion.semi_axes_mm[2]);
      CHECK_FALSE(lesion.signs.empty());
      labelled += lesion.voxels;
    }
    CHECK(changed > labelled / 2);
    CHECK(made.volume.geometry == scan.volume.geometry);
  }
}

TEST_CASE("out of the lesions' reach every voxel is as it was") {
  const Scan scan = make_scan();
  const SyntheticLesions made = synthesize(scan, only(LesionType::kMetastasis, 5, 3, 3));
  // 3.2 sigma of the widest edge: 1.2 mm of scanner, 1.4 mm of its own, the pixel; half a slice across.
  const double reach_mm = 3.2 * std::sqrt(1.2 * 1.2 + 1.4 * 1.4 + 1.5 * 1.5 / 12) + 2 + 1;
  std::vector<int64_t> lesion_voxels;
  for (size_t i = 0; i < made.ids.voxels.size(); ++i) {
    if (made.ids.voxels[i]) lesion_voxels.push_back(static_cast<int64_t>(i));
  }
  int64_t changed_afar = 0;
  int64_t changed_outside = 0;
  for (size_t i = 0; i < made.ids.voxels.size(); ++i) {
    if (hu_of(made.volume)[i] == hu_of(scan.volume)[i]) continue;
    changed_outside += scan.liver.voxels[i] == 0;
    const bool near = std::any_of(lesion_voxels.begin(), lesion_voxels.end(), [&](int64_t lesion) {
      return distance_mm(made.ids.geometry, lesion, static_cast<int64_t>(i)) <= reach_mm;
    });
    changed_afar += !near;
  }
  CHECK(changed_outside == 0);
  CHECK(changed_afar == 0);
}

TEST_CASE("each type has its HU") {
  const Scan scan = make_scan();
  for (uint64_t seed = 0; seed < 8; ++seed) {
    for (const SyntheticLesion& cyst : synthesize(scan, only(LesionType::kCyst, seed)).lesions) {
      CHECK(cyst.type == LesionType::kCyst);
      CHECK(cyst.body_hu >= 0);
      CHECK(cyst.body_hu <= 20);
      // What the border's blur and thick slices add is less than half of the contrast.
      CHECK(cyst.mean_hu > -5);
      CHECK(cyst.mean_hu < 0.5 * kLiverHu);
      if (cyst.volume_ml > 4) CHECK(cyst.mean_hu < 32);
    }
    for (const SyntheticLesion& hcc : synthesize(scan, only(LesionType::kHcc, seed)).lesions) {
      const double contrast = hcc.body_hu - hcc.liver_hu;
      CHECK(contrast <= -15);
      CHECK(contrast >= -50);
      CHECK(hcc.mean_hu < kLiverHu + 10);
      CHECK(hcc.mean_hu > kLiverHu - 70);
    }
    for (const SyntheticLesion& met : synthesize(scan, only(LesionType::kMetastasis, seed)).lesions) {
      const double contrast = met.body_hu - met.liver_hu;
      CHECK(contrast <= -20);
      CHECK(contrast >= -70);
      CHECK(met.mean_hu < kLiverHu - 6);
      CHECK(met.mean_hu > kLiverHu - 90);
    }
    for (const SyntheticLesion& ang : synthesize(scan, only(LesionType::kHaemangioma, seed)).lesions) {
      if (ang.signs.front() == "flash filling") {
        CHECK(ang.body_hu > kLiverHu);
      } else {
        CHECK(ang.body_hu < kLiverHu - 20);
        CHECK(ang.mean_hu > ang.body_hu);
      }
      CHECK(ang.mean_hu < kVesselHu + 5);
    }
  }
}

TEST_CASE("in the arterial look HCC are brighter than the liver") {
  const Scan scan = make_scan();
  SyntheticLesionOptions options = only(LesionType::kHcc, 3, 2, 2);
  options.phase = ContrastPhase::kArterial;
  for (const SyntheticLesion& lesion : synthesize(scan, options).lesions) {
    CHECK(lesion.phase == ContrastPhase::kArterial);
    CHECK(lesion.body_hu >= kLiverHu + 15);
  }
}

TEST_CASE("a lesion keeps the noise of the scan") {
  const Scan scan = make_scan();
  // Differences of neighbours that are both well inside: noise alone.
  double sum = 0;
  int64_t count = 0;
  const int64_t row = scan.volume.geometry.size[0];
  for (uint64_t seed = 0; seed < 6; ++seed) {
    const SyntheticLesions made = synthesize(scan, only(LesionType::kCyst, seed));
    const auto& hu = hu_of(made.volume);
    for (int64_t i = 3 * row; i + 3 * row < made.ids.geometry.voxel_count(); ++i) {
      const auto in_lesion = [&](int64_t step) { return made.ids.voxels[i + step] != 0; };
      if (!in_lesion(-3) || !in_lesion(4) || !in_lesion(-3 * row) || !in_lesion(3 * row)) continue;
      sum += std::pow(hu[i + 1] - hu[i], 2);
      ++count;
    }
  }
  REQUIRE(count > 200);
  CHECK(std::sqrt(sum / static_cast<double>(count) / 2) == doctest::Approx(12).epsilon(0.2));
}

TEST_CASE("nothing is put on real lesions or within the margin around them") {
  const Scan scan = make_scan();
  Mask real = scan.none;
  std::vector<int64_t> marked;
  for (int64_t i = 0; i < real.geometry.voxel_count(); ++i) {
    const int64_t x = i % 112;
    const int64_t y = i / 112 % 96;
    const int64_t z = i / (112 * 96);
    if (std::abs(x - 45) < 14 && std::abs(y - 50) < 14 && std::abs(z - 20) < 6) {
      real.voxels[i] = 2;
      marked.push_back(i);
    }
  }
  for (const uint64_t seed : {21, 22, 23}) {
    SyntheticLesionOptions options;
    options.seed = seed;
    options.min_count = options.max_count = 5;
    options.margin_mm = 6;
    const SyntheticLesions made = synthesize(scan, options, &real);
    CHECK(made.lesions.size() >= 3);
    int64_t too_near = 0;
    for (int64_t i = 0; i < real.geometry.voxel_count(); ++i) {
      if (hu_of(made.volume)[i] == hu_of(scan.volume)[i] && !made.ids.voxels[i]) continue;
      too_near +=
          std::any_of(marked.begin(), marked.end(), [&](int64_t at) { return distance_mm(real.geometry, at, i) <= 6; });
    }
    CHECK(too_near == 0);
  }
}

TEST_CASE("counts are kept, one liver holds one type unless mixed") {
  const Scan scan = make_scan();
  for (uint64_t seed = 30; seed < 40; ++seed) {
    SyntheticLesionOptions options;
    options.seed = seed;
    options.min_count = 2;
    options.max_count = 4;
    options.mixed_probability = 0;
    const SyntheticLesions made = synthesize(scan, options);
    CHECK(made.lesions.size() >= 2);
    CHECK(made.lesions.size() <= 4);
    for (const SyntheticLesion& lesion : made.lesions) CHECK(lesion.type == made.lesions.front().type);
  }
  SyntheticLesionOptions none;
  none.min_count = none.max_count = 0;
  const SyntheticLesions made = synthesize(scan, none);
  CHECK(made.lesions.empty());
  CHECK(hu_of(made.volume) == hu_of(scan.volume));
}

TEST_CASE("over many livers all four types occur, deep and at the border") {
  const Scan scan = make_scan();
  std::vector<int> seen(5);
  int at_border = 0;
  int deep = 0;
  for (uint64_t seed = 50; seed < 68; ++seed) {
    SyntheticLesionOptions options;
    options.seed = seed;
    options.max_count = 3;
    const SyntheticLesions made = synthesize(scan, options);
    for (const SyntheticLesion& lesion : made.lesions) {
      ++seen[static_cast<size_t>(lesion.type)];
      bool touches = false;
      const int64_t row = made.ids.geometry.size[0];
      for (int64_t i = row; i + row < made.ids.geometry.voxel_count(); ++i) {
        if (made.ids.voxels[i] != lesion.id) continue;
        for (const int64_t step : {-row, int64_t{-1}, int64_t{1}, row}) touches |= scan.liver.voxels[i + step] == 0;
      }
      ++(touches ? at_border : deep);
    }
  }
  for (int type = 1; type <= 4; ++type) CHECK(seen[type] > 0);
  CHECK(at_border > 0);
  CHECK(deep > 0);
}

TEST_CASE("no lesion is over the allowed part of the liver in a slice") {
  const Scan scan = make_scan();
  for (uint64_t seed = 80; seed < 90; ++seed) {
    SyntheticLesionOptions options = only(LesionType::kHcc, seed, 1, 2);
    options.max_slice_fraction = 0.1;
    const SyntheticLesions made = synthesize(scan, options);
    for (const SyntheticLesion& lesion : made.lesions) {
      for (int64_t z = 0; z < 40; ++z) {
        const auto area = [&](const Mask& mask, auto&& chosen) {
          return std::count_if(mask.slice(z), mask.slice(z) + mask.geometry.slice_pixels(), chosen);
        };
        const auto own = area(made.ids, [&](uint8_t id) { return id == lesion.id; });
        const auto liver = area(scan.liver, [](uint8_t inside) { return inside != 0; });
        CHECK(static_cast<double>(own) <= 0.1 * static_cast<double>(liver));
      }
    }
  }
}

TEST_CASE("livers without room: none, tiny, one slice") {
  Scan empty = make_scan();
  empty.liver = empty.none;
  CHECK(code_of(empty, {}) == "EMPTY_MASK");

  Scan tiny = make_scan();
  tiny.liver = tiny.none;
  tiny.liver.voxels[20 * 112 * 96 + 48 * 112 + 56] = 1;
  Run run;
  const SyntheticLesions none = synthesize_lesions(tiny.volume, tiny.liver, nullptr, {}, run);
  CHECK(none.lesions.empty());
  CHECK(hu_of(none.volume) == hu_of(tiny.volume));
  REQUIRE(run.warnings().size() == 1);
  CHECK(run.warnings().front().code == "FEWER_LESIONS");

  Scan slice = make_scan();
  for (int64_t i = 0; i < slice.liver.geometry.voxel_count(); ++i) {
    if (i / (112 * 96) != 20) slice.liver.voxels[i] = 0;
  }
  const SyntheticLesions flat = synthesize(slice, only(LesionType::kMetastasis, 4, 2, 2));
  CHECK_FALSE(flat.lesions.empty());
  for (size_t i = 0; i < flat.ids.voxels.size(); ++i) {
    if (flat.ids.voxels[i]) REQUIRE(i / (112 * 96) == 20);
  }
}

TEST_CASE("floating HU stay floating; what is no number is left alone") {
  Scan scan = make_scan();
  std::vector<float> hu(hu_of(scan.volume).begin(), hu_of(scan.volume).end());
  const size_t middle = 20 * 112 * 96 + 48 * 112 + 56;
  hu[middle] = std::numeric_limits<float>::quiet_NaN();
  scan.volume.hu = hu;
  const SyntheticLesions made = synthesize(scan, only(LesionType::kMetastasis, 9, 6, 6));
  const auto& result = std::get<std::vector<float>>(made.volume.hu);
  CHECK(std::isnan(result[middle]));
  CHECK(std::count_if(result.begin(), result.end(), [](float value) { return std::isnan(value); }) == 1);
  CHECK(made.lesions.size() >= 4);
}

TEST_CASE("bad options and masks are refused") {
  const Scan scan = make_scan();
  const auto refused = [&](auto&& change) {
    SyntheticLesionOptions options;
    change(options);
    return code_of(scan, options) == "INVALID_ARGUMENT";
  };
  CHECK(refused([](auto& options) { options.types.clear(); }));
  CHECK(refused([](auto& options) { options.types = {LesionType::kUnknown}; }));
  CHECK(refused([](auto& options) { options.min_count = 7; }));
  CHECK(refused([](auto& options) { options.max_count = 256; }));
  CHECK(refused([](auto& options) { options.mixed_probability = 1.5; }));
  CHECK(refused([](auto& options) { options.margin_mm = -1; }));
  CHECK(refused([](auto& options) { options.max_slice_fraction = 0; }));
  Scan other = make_scan();
  other.liver.geometry.size[2] = 39;
  CHECK(code_of(other, {}) == "GEOMETRY_MISMATCH");
}
