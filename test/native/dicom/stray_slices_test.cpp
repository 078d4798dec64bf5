// Slices that differ from those around them as phases do, and are too few to be one.
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::vector<std::string> add_slices(const TempFolder& folder, int64_t first, int64_t count,
                                    const std::function<void(DcmDataset&, size_t)>& edit) {
  Volume volume = make_volume(count, 16, 12);
  volume.geometry.origin_mm[2] = 40 + 3 * static_cast<double>(first);
  volume.geometry.spacing_mm[2] = 3;
  const std::string name = "s/" + std::to_string(first) + "-" + std::to_string(count);
  const std::vector<std::string> files = write_series(folder, volume, {}, name);
  edit_files(files, edit);
  return files;
}

struct Difference {
  DcmTagKey tag;
  const char* most;
  const char* few;
  bool is_time = false;
};

const Difference kDifferences[] = {
    {DCM_AcquisitionNumber, "1", "2"},
    {DCM_TemporalPositionIdentifier, "2", "1"},
    {DCM_SeriesDescription, "portal", "arterial"},
    {DCM_ContrastBolusAgent, "", "A 300"},
    {DCM_ConvolutionKernel, "B30f", "B50f"},
    {DCM_KVP, "80", "140.0"},
    {DCM_SliceThickness, "3", "5"},
    {DCM_AcquisitionTime, "120000", "120030.25", true},
    {DCM_ContentTime, "120000", "120030", true},
};

}  // namespace

TEST_CASE("one or two slices of another scan on places that are missing are told of, with what differs") {
  for (const Difference& difference : kDifferences) {
    for (const std::vector<int64_t>& places : {std::vector<int64_t>{4}, {1, 8}, {5, 6}}) {
      const TempFolder folder;
      const std::vector<std::string> files = add_slices(
          folder, 0, 10, [&](DcmDataset& dataset, size_t) { set(dataset, difference.tag, difference.most); });
      for (const int64_t place : places) {
        fs::remove(files[static_cast<size_t>(place)]);
        add_slices(folder, place, 1,
                   [&](DcmDataset& dataset, size_t) { set(dataset, difference.tag, difference.few); });
      }
      Run run;
      CHECK(read_series({folder / "s"}, {}, run).volume.geometry.size[2] == 10);
      CAPTURE(DcmTag(difference.tag).getTagName());
      // A slice may well be timed late.
      CHECK(has_code(run.warnings(), "STRAY_SLICES") != difference.is_time);
    }
  }
}

TEST_CASE("acquisitions one after the other, and a number for each slice, have no stray slices") {
  for (const int64_t stretch : {1, 2, 3, 5}) {
    for (const bool falls : {false, true}) {
      const TempFolder folder;
      add_slices(folder, 0, 11, [&](DcmDataset& dataset, size_t z) {
        const auto number = (falls ? 10 - static_cast<int64_t>(z) : static_cast<int64_t>(z)) / stretch;
        set(dataset, DCM_AcquisitionNumber, std::to_string(number));
      });
      Run run;
      read_series({folder / "s"}, {}, run);
      CHECK_FALSE(has_code(run.warnings(), "STRAY_SLICES"));
    }
  }
}

TEST_CASE("a slice that interpolation leaves out is no stray of the volume") {
  const TempFolder folder;
  add_slices(folder, 0, 10, [](DcmDataset& dataset, size_t) { set(dataset, DCM_AcquisitionNumber, "1"); });
  const std::vector<std::string> other = add_slices(folder, 4, 1, [](DcmDataset& dataset, size_t) {
    set(dataset, DCM_AcquisitionNumber, "2");
    set(dataset, DCM_ImagePositionPatient, "-100.5\\-90.25\\53.5");
  });
  Run run;
  const SeriesVolume series = read_series({folder / "s"}, {.interpolate_gaps = true}, run);
  CHECK(series.volume.geometry.size[2] == 10);
  REQUIRE(series.report.excluded.size() == 1);
  CHECK(series.report.excluded[0].file == other[0]);
  CHECK_FALSE(has_code(run.warnings(), "STRAY_SLICES"));
}
