// Real series and files, where they are present beside the project.
#include <algorithm>
#include <cmath>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("hcc-a10w: 60 slices, geometry from positions, pixels as they stand at the end of each file") {
  const std::string folder = shared_data("hcc-a10w");
  if (folder.empty()) return;
  const SeriesVolume series = read(folder);
  const Geometry& geometry = series.volume.geometry;
  CHECK(geometry.size == Size3{512, 512, 60});
  CHECK(geometry.spacing_mm[0] == 0.6953125);
  CHECK(geometry.spacing_mm[2] == 8);
  CHECK(geometry.origin_mm == Vec3{-170, -182, -1392});
  CHECK(geometry.direction == kIdentity3);
  CHECK(series.report.excluded.empty());
  CHECK(series.report.repairs.empty());
  const size_t pixels = 512 * 512;
  for (size_t z = 0; z < 60; z += 7) {
    std::ifstream file(series.report.slices[z].file, std::ios::binary);
    std::vector<uint16_t> stored(pixels);
    file.seekg(-static_cast<std::streamoff>(2 * pixels), std::ios::end);
    file.read(reinterpret_cast<char*>(stored.data()), static_cast<std::streamsize>(2 * pixels));
    size_t differing = 0;
    for (size_t i = 0; i < pixels; ++i) differing += ints(series.volume)[z * pixels + i] != stored[i] - 1024;
    CHECK(differing == 0);
  }
}

TEST_CASE("hcc-a10x: refused for its gaps with their positions, read with interpolation") {
  const std::string folder = shared_data("hcc-a10x");
  if (folder.empty()) return;
  const Error error = error_of(folder);
  CHECK(error.code == "MISSING_SLICE");
  CHECK(std::string(error.what()).find("-341.00, -325.00 mm") != std::string::npos);
  const SeriesVolume series = read(folder, {.interpolate_gaps = true});
  CHECK(series.volume.geometry.size[2] == 35);
  REQUIRE(series.report.interpolated.size() == 2);
  CHECK(series.report.interpolated[0].position_mm == doctest::Approx(-341));
  CHECK(series.report.interpolated[1].position_mm == doctest::Approx(-325));
  CHECK(has_code(series.report.excluded, folder + "/000000.dcm", "NOT_DICOM"));
  CHECK(has_code(series.report.excluded, folder + "/000001.dcm", "WRONG_MODALITY"));
  CHECK(has_code(series.report.excluded, folder + "/000032.dcm", "OFF_GRID_SLICE"));
  CHECK(series.report.excluded.size() == 3);
}

TEST_CASE("healthy-chaos3: 2 mm from positions where SliceThickness says 3.2") {
  const std::string folder = shared_data("healthy-chaos3");
  if (folder.empty()) return;
  const SeriesVolume series = read(folder);
  CHECK(series.volume.geometry.size == Size3{512, 512, 78});
  CHECK(series.volume.geometry.spacing_mm[2] == doctest::Approx(2));
  CHECK(series.report.slice_thickness_mm == 3.2);
  CHECK(series.report.contrast_agent == "CONTRAST");
}

TEST_CASE("real series with a time for each slice are one volume each, as listed as read") {
  for (const char* name : {"hcc-a10w", "hcc-a10x", "healthy-chaos3"}) {
    const std::string folder = shared_data(name);
    if (folder.empty()) continue;
    CAPTURE(name);
    Run run;
    const auto listed = list_series({folder}, run);
    const auto is_ct = [](const SeriesSummary& series) { return series.modality == "CT"; };
    const auto ct = std::ranges::find_if(listed, is_ct);
    REQUIRE(ct != listed.end());
    REQUIRE(ct->phases.size() == 1);
    const Error read_error = error_of(folder);
    CHECK((ct->problem ? ct->problem->code : "none") == read_error.code);
    CHECK(read_error.code == (std::string(name) == "hcc-a10x" ? "MISSING_SLICE" : "none"));
  }
}

TEST_CASE("syntaxes: the lossless files are identical, the lossy ones close and reported") {
  const std::string folder = shared_data("syntaxes");
  if (folder.empty()) return;
  const SeriesVolume reference = read(folder + "/ct_1.2.840.10008.1.2.1.dcm");
  for (const char* uid : {"1.2", "1.2.1.99", "1.2.2", "1.2.4.57", "1.2.4.70", "1.2.4.80", "1.2.4.90", "1.2.5"}) {
    CAPTURE(uid);
    const SeriesVolume series = read(folder + "/ct_1.2.840.10008." + uid + ".dcm");
    CHECK(ints(series.volume) == ints(reference.volume));
    CHECK(series.volume.geometry == reference.volume.geometry);
    CHECK_FALSE(series.report.lossy);
  }
  for (const char* uid : {"1.2.4.50", "1.2.4.51", "1.2.4.53", "1.2.4.55", "1.2.4.81", "1.2.4.91"}) {
    CAPTURE(uid);
    const SeriesVolume series = read(folder + "/ct_1.2.840.10008." + uid + ".dcm");
    CHECK(series.report.lossy);
    double difference = 0;
    std::visit(
        [&](const auto& hu) {
          for (size_t i = 0; i < hu.size(); ++i) difference += std::abs(double(hu[i]) - ints(reference.volume)[i]);
        },
        series.volume.hu);
    CHECK(difference / (512 * 512) < 25);  // the baseline file has steps of 32 HU
  }
}
