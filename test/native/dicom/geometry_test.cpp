// Slices in space: dicom.md's cases 1, 2, 7 to 11, 16 to 22 and 36.
#include <cmath>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

void shift_slice(const std::string& path, double dx, double dy, double dz) {
  edit_file(path, [&](DcmDataset& dataset) {
    OFString text;
    double position[3];
    for (unsigned long i = 0; i < 3; ++i) {
      dataset.findAndGetOFString(DCM_ImagePositionPatient, text, i);
      position[i] = std::stod(text.c_str());
    }
    set(dataset, DCM_ImagePositionPatient,
        std::to_string(position[0] + dx) + "\\" + std::to_string(position[1] + dy) + "\\" +
            std::to_string(position[2] + dz));
  });
}

}  // namespace

TEST_CASE("what is written is read back: voxels, geometry and sources in the order of z") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.volume.geometry == written.geometry);
  REQUIRE(series.report.slices.size() == paths.size());
  for (size_t z = 0; z < paths.size(); ++z) CHECK(series.report.slices[z].file == paths[z]);
  CHECK(series.report.excluded.empty());
  CHECK(series.report.repairs.empty());
  CHECK(series.report.slice_thickness_mm == 2.5);
  CHECK_FALSE(series.report.gantry_tilt);
}

TEST_CASE("cases 1 and 2: order comes from positions, not from names or numbers") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  edit_files(paths, [](DcmDataset& dataset, size_t z) { set(dataset, DCM_InstanceNumber, std::to_string(99 - z)); });
  for (size_t z = 0; z < paths.size(); ++z) fs::rename(paths[z], folder / ("s/" + std::to_string(90 - z)));
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.volume.geometry == written.geometry);
}

TEST_CASE("the same bytes come out of one thread and of several") {
  const TempFolder folder;
  write_series(folder, make_volume(12));
  const SeriesVolume one = read(folder / "s", {}, 1);
  const SeriesVolume many = read(folder / "s", {}, 5);
  CHECK(ints(one.volume) == ints(many.volume));
}

TEST_CASE("case 7: a missing slice is named, and interpolated when asked for") {
  const TempFolder folder;
  const Volume written = make_volume();
  const auto paths = write_series(folder, written);
  fs::remove(paths[2]);
  const Error error = error_of(folder / "s");
  CHECK(error.code == "MISSING_SLICE");
  CHECK(std::string(error.what()).find("45.00") != std::string::npos);  // 40 + 2 * 2.5
  CHECK(error.field == "ImagePositionPatient (0020,0032)");
  Run run;
  const SeriesVolume series = read_series({folder / "s"}, {.interpolate_gaps = true}, run);
  CHECK(has_code(run.warnings(), "INTERPOLATED_SLICES"));
  CHECK(series.volume.geometry == written.geometry);
  REQUIRE(series.report.interpolated.size() == 1);
  CHECK(series.report.interpolated[0].index == 2);
  CHECK(series.report.interpolated[0].position_mm == doctest::Approx(45));
  CHECK(series.report.slices[2].file.empty());
  const auto pixels = static_cast<size_t>(written.geometry.slice_pixels());
  const auto& in = ints(written);
  const auto& out = ints(series.volume);
  for (size_t i = 0; i < pixels; ++i) {
    REQUIRE(out[2 * pixels + i] == std::lround((in[pixels + i] + in[3 * pixels + i]) / 2.0));
    REQUIRE(out[3 * pixels + i] == in[3 * pixels + i]);
  }
}

TEST_CASE("case 8: jitter of 5 % of the spacing, or 0.1 mm, is accepted") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  shift_slice(paths[2], 0, 0, 0.09);
  shift_slice(paths[4], 0, 0, -0.03);
  CHECK(read(folder / "s").volume.geometry.spacing_mm[2] == doctest::Approx(2.5));
}

TEST_CASE("case 9: slices off the even grid are rejected, and resampled when asked for") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  shift_slice(paths[2], 0, 0, 1);
  const Error error = error_of(folder / "s");
  CHECK(error.code == "IRREGULAR_SPACING");
  CHECK(error.file == paths[2]);
  const SeriesVolume series = read(folder / "s", {.interpolate_gaps = true});
  CHECK(series.volume.geometry.size[2] == 6);
  CHECK(series.report.interpolated.size() == 1);
  CHECK(has_code(series.report.excluded, paths[2], "OFF_GRID_SLICE"));
}

TEST_CASE("case 9: a slice shifted within its plane is not on the grid") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  shift_slice(paths[3], 5, 0, 0);
  CHECK(error_of(folder / "s").code == "IRREGULAR_SPACING");
  CHECK(error_of(folder / "s", {.interpolate_gaps = true}).code == "IRREGULAR_SPACING");
}

TEST_CASE("slices far apart do not make the reader interpolate without end") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  shift_slice(paths[5], 0, 0, 900000);
  CHECK(error_of(folder / "s").code == "MISSING_SLICE");
  CHECK(error_of(folder / "s", {.interpolate_gaps = true}).code == "MISSING_SLICE");
}

TEST_CASE("case 10: the spacing comes from positions, not from SliceThickness") {
  const TempFolder folder;
  write_series(folder, make_volume(), {.slice_thickness_mm = 5});
  const SeriesVolume series = read(folder / "s");
  CHECK(series.volume.geometry.spacing_mm[2] == doctest::Approx(2.5));
  CHECK(series.report.slice_thickness_mm == 5);
}

TEST_CASE("case 11: gantry tilt keeps the sheared geometry") {
  const TempFolder folder;
  Volume tilted = make_volume();
  const double c = std::cos(20 * kDegree);
  const double s = std::sin(20 * kDegree);
  tilted.geometry.direction = {1, 0, 0, 0, c, 0, 0, -s, 1};  // the table moves along z, the slices lean
  write_series(folder, tilted);
  const SeriesVolume series = read(folder / "s");
  CHECK(series.report.gantry_tilt);
  CHECK(ints(series.volume) == ints(tilted));
  for (const Vec3& index : {Vec3{0, 0, 0}, Vec3{32, 16, 5}, Vec3{4, 9, 2}}) {
    const Vec3 expected = tilted.geometry.position_mm(index);
    const Vec3 position = series.volume.geometry.position_mm(index);
    for (size_t axis = 0; axis < 3; ++axis) CHECK(position[axis] == doctest::Approx(expected[axis]).epsilon(1e-6));
  }
  CHECK(series.volume.geometry.voxel_volume_ml() == doctest::Approx(0.7 * 0.8 * 2.5 * c / 1000));
}

TEST_CASE("an oblique stack along its own normal is not sheared") {
  const TempFolder folder;
  Volume oblique = make_volume();
  const double c = std::cos(20 * kDegree);
  const double s = std::sin(20 * kDegree);
  oblique.geometry.direction = {1, 0, 0, 0, c, s, 0, -s, c};
  write_series(folder, oblique);
  const SeriesVolume series = read(folder / "s");
  CHECK_FALSE(series.report.gantry_tilt);
  for (size_t i = 0; i < 9; ++i) {
    CHECK(series.volume.geometry.direction[i] == doctest::Approx(oblique.geometry.direction[i]).epsilon(1e-9));
  }
}

TEST_CASE("cases 16 and 17: grids are never mixed; each is a sub-volume to choose") {
  const TempFolder folder;
  const Volume large = make_volume(6);
  const auto paths = write_series(folder, large, {}, "s");
  Volume small = make_volume(3, 16, 16);
  small.geometry.origin_mm[2] = 500;
  const auto others = write_series(folder, small, {}, "s/other");
  edit_files(others,
             [](DcmDataset& dataset, size_t z) { set(dataset, DCM_SOPInstanceUID, "1.2.3." + std::to_string(z)); });
  const Error error = error_of(folder / "s");
  CHECK(error.code == "AMBIGUOUS_PHASE");
  const SeriesVolume first = read(folder / "s", {.phase = 0});
  CHECK(ints(first.volume) == ints(large));
  CHECK(has_code(first.report.excluded, others[0], "OTHER_PHASE"));
  CHECK(ints(read(folder / "s", {.phase = 1}).volume) == ints(small));
  CHECK(error_of(folder / "s", {.phase = 2}).code == "PHASE_NOT_FOUND");
  Run run;
  const auto listed = list_series({folder / "s"}, run);
  REQUIRE(listed.size() == 1);
  REQUIRE(listed[0].phases.size() == 2);
  CHECK(listed[0].phases[1].slices == 3);
}

TEST_CASE("cases 16 and 17: another spacing or orientation splits as well") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  SUBCASE("spacing") {
    edit_file(paths[0], [](DcmDataset& dataset) { set(dataset, DCM_PixelSpacing, "0.9\\0.7"); });
  }
  SUBCASE("orientation") {
    edit_file(paths[0], [](DcmDataset& dataset) { set(dataset, DCM_ImageOrientationPatient, "1\\0\\0\\0\\-1\\0"); });
  }
  CHECK(error_of(folder / "s").code == "AMBIGUOUS_PHASE");
}

TEST_CASE("case 18: differing frames of reference") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  edit_file(paths[3], [](DcmDataset& dataset) { set(dataset, DCM_FrameOfReferenceUID, "1.2.3"); });
  const Error error = error_of(folder / "s");
  CHECK(error.code == "MIXED_FRAME_OF_REFERENCE");
  CHECK(error.file == paths[3]);
}

TEST_CASE("case 18: slices without a frame of reference share that of the series, which is reported") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  edit_file(paths[3], [](DcmDataset& dataset) { dataset.findAndDeleteElement(DCM_FrameOfReferenceUID); });
  const SeriesVolume series = read(folder / "s");
  CHECK(series.volume.geometry.size[2] == 6);
  CHECK(has_code(series.report.repairs, "NO_FRAME_OF_REFERENCE"));
}

TEST_CASE("case 19: without position, orientation or spacing there is no volume") {
  for (const DcmTagKey& tag : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing}) {
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume());
    edit_file(paths[1], [&](DcmDataset& dataset) { dataset.findAndDeleteElement(tag); });
    const Error error = error_of(folder / "s");
    CHECK(error.code == "MISSING_GEOMETRY");
    CHECK(error.file == paths[1]);
    CHECK_FALSE(error.field.empty());
    CHECK_FALSE(error.remedy.empty());
  }
}

TEST_CASE("case 20: coronal and sagittal slices are reformatted: every voxel stays where it is") {
  struct Series {
    const char* plane;
    Mat3 direction;
    std::array<size_t, 3> old_axes;  // that the new x, y and z are
  };
  const double c = std::cos(0.2), s = std::sin(0.2);
  const Series all[] = {{"coronal", {1, 0, 0, 0, 0, 1, 0, -1, 0}, {0, 2, 1}},
                        {"coronal", {-1, 0, 0, 0, 0, 1, 0, 1, 0}, {0, 2, 1}},
                        {"sagittal", {0, 0, -1, 1, 0, 0, 0, -1, 0}, {2, 0, 1}},
                        {"coronal", {c, 0, s, s, 0, -c, 0, 1, 0}, {0, 2, 1}}};
  for (const auto& [plane, direction, old_axes] : all) {
    CAPTURE(std::string(plane));
    const TempFolder folder;
    Volume slices = make_volume(9);
    slices.geometry.direction = direction;
    write_series(folder, slices);
    Run run;
    const SeriesVolume series = read_series({folder / "s"}, {}, run);
    const Geometry& axial = series.volume.geometry;
    CHECK(series.report.reformatted == plane);
    CHECK(has_code(run.warnings(), "REFORMATTED_SLICES"));
    for (size_t i = 0; i < 3; ++i) {
      CHECK(axial.size[i] == slices.geometry.size[old_axes[i]]);
      CHECK(axial.spacing_mm[i] == doctest::Approx(slices.geometry.spacing_mm[old_axes[i]]));
      CHECK(axial.direction[4 * i] > 0.9);
    }
    CHECK(series.report.slices.size() == static_cast<size_t>(axial.size[2]));
    CHECK(series.report.slices.front().sop_instance_uid.empty());
    CHECK(series.report.source.slices.size() == static_cast<size_t>(axial.size[2]));
    CHECK(series.report.source.slices.back().size() == 9);
    bool in_place = true;
    std::array<int64_t, 3> at{};
    const std::vector<int16_t>& hu = ints(series.volume);
    for (size_t i = 0; i < hu.size(); ++i) {
      at = {static_cast<int64_t>(i) % axial.size[0], static_cast<int64_t>(i) / axial.size[0] % axial.size[1],
            static_cast<int64_t>(i) / axial.slice_pixels()};
      std::array<int64_t, 3> old{};
      for (size_t axis = 0; axis < 3; ++axis) {
        const bool reversed = direction[3 * axis + old_axes[axis]] < 0;
        old[old_axes[axis]] = reversed ? axial.size[axis] - 1 - at[axis] : at[axis];
      }
      const auto position = [](const Geometry& grid, const std::array<int64_t, 3>& index) {
        return grid.position_mm({double(index[0]), double(index[1]), double(index[2])});
      };
      const Vec3 here = position(axial, at), there = position(slices.geometry, old);
      const Geometry& g = slices.geometry;
      in_place = in_place && hu[i] == ints(slices)[size_t((old[2] * g.size[1] + old[1]) * g.size[0] + old[0])];
      for (size_t k = 0; k < 3; ++k) in_place = in_place && std::abs(here[k] - there[k]) < 1e-3;
    }
    CHECK(in_place);
  }
}

TEST_CASE("case 20: coronal slices that lean against their axis are refused") {
  const TempFolder folder;
  Volume coronal = make_volume(9);
  coronal.geometry.direction = {1, 0, 0, 0, 0, std::cos(0.3), 0, -1, std::sin(0.3)};
  write_series(folder, coronal);
  CHECK(error_of(folder / "s").code == "UNSUPPORTED_ORIENTATION");
}

TEST_CASE("case 21: negated cosines: the orientation tags alone count, the slices follow their normal") {
  const TempFolder folder;
  Volume turned = make_volume();
  turned.geometry.direction = {-1, 0, 0, 0, 1, 0, 0, 0, -1};
  write_series(folder, turned, {.patient_position = "HFP"});
  const SeriesVolume series = read(folder / "s");
  CHECK(series.volume.geometry == turned.geometry);
  CHECK(ints(series.volume) == ints(turned));
}

TEST_CASE("case 22: PixelSpacing names the row spacing (y) first") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume());
  edit_files(paths, [](DcmDataset& dataset, size_t) { set(dataset, DCM_PixelSpacing, "0.9\\0.6"); });
  const Vec3 spacing = read(folder / "s").volume.geometry.spacing_mm;
  CHECK(spacing[0] == 0.6);
  CHECK(spacing[1] == 0.9);
}

TEST_CASE("case 36: a single slice is read, with a warning") {
  const TempFolder folder;
  write_series(folder, make_volume(1), {.slice_thickness_mm = 3});
  Run run;
  const SeriesVolume series = read_series({folder / "s"}, {}, run);
  CHECK(series.volume.geometry.spacing_mm[2] == 3);
  CHECK(has_code(run.warnings(), "FEW_SLICES"));
}

TEST_CASE("numbers that are none are named with their field") {
  struct Bad {
    DcmTagKey tag;
    const char* value;
    const char* field;
  };
  for (const Bad& bad : {Bad{DCM_PixelSpacing, "NaN\\0.7", "PixelSpacing (0028,0030)"},
                         Bad{DCM_PixelSpacing, "0\\0.7", "PixelSpacing (0028,0030)"},
                         Bad{DCM_PixelSpacing, "-1\\0.7", "PixelSpacing (0028,0030)"},
                         Bad{DCM_PixelSpacing, "0.7", "PixelSpacing (0028,0030)"},
                         Bad{DCM_ImagePositionPatient, "1\\x\\3", "ImagePositionPatient (0020,0032)"},
                         Bad{DCM_ImagePositionPatient, "1\\inf\\3", "ImagePositionPatient (0020,0032)"},
                         Bad{DCM_ImageOrientationPatient, "1\\0\\0\\1\\0\\0", "ImageOrientationPatient (0020,0037)"},
                         Bad{DCM_RescaleSlope, "0", "RescaleSlope (0028,1053)"},
                         Bad{DCM_RescaleIntercept, "1e300", "RescaleIntercept (0028,1052)"}}) {
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume(3));
    edit_file(paths[1], [&](DcmDataset& dataset) { set(dataset, bad.tag, bad.value); });
    const Error error = error_of(folder / "s");
    CAPTURE(bad.value);
    CHECK(error.code == "INVALID_VALUE");
    CHECK(error.file == paths[1]);
    CHECK(error.field == bad.field);
  }
}
