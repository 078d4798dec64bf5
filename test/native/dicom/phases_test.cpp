// Several scans in one series: dicom.md's cases 5 and 6, and what must not be taken for them.
#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr const char* kJpegLs = "1.2.840.10008.1.2.4.80";
constexpr const char* kExplicit = "1.2.840.10008.1.2.1";

struct Scan {
  Volume volume;
  std::vector<std::string> files;
};

// HU that differ in every voxel and between scans.
Volume scan_volume(int64_t slices, double first_mm, double step_mm, int number) {
  Volume volume = make_volume(slices, 16, 12);
  volume.geometry.origin_mm[2] = first_mm;
  volume.geometry.spacing_mm[2] = step_mm;
  for (int16_t& hu : std::get<std::vector<int16_t>>(volume.hu)) hu = static_cast<int16_t>(hu + 7 * number);
  return volume;
}

using Mark = std::function<void(DcmDataset&, size_t)>;

Scan add_scan(const TempFolder& folder, Volume volume, int number, const Mark& mark,
              const std::string& syntax = kExplicit) {
  Scan scan{std::move(volume), {}};
  scan.files = write_series(folder, scan.volume, {.transfer_syntax_uid = syntax}, "s/" + std::to_string(number));
  edit_files(scan.files, mark);
  return scan;
}

Mark mark(const DcmTagKey& tag, const std::string& value) {
  return [=](DcmDataset& dataset, size_t) { set(dataset, tag, value); };
}

std::string clock(double seconds) {
  char text[32];
  std::snprintf(text, sizeof(text), "%02d%02d%09.6f", 12 + static_cast<int>(seconds) / 3600,
                static_cast<int>(seconds) / 60 % 60, seconds - 60 * (static_cast<int>(seconds) / 60));
  return text;
}

// A time for each slice, as `order` has them taken.
Mark mark_times(const DcmTagKey& tag, const std::vector<double>& seconds) {
  return [=](DcmDataset& dataset, size_t z) {
    set(dataset, tag, (tag == DCM_AcquisitionDateTime ? "20240131" : "") + clock(seconds[z]));
  };
}

// Names that tell nothing of the order.
void shuffle_files(const TempFolder& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "s")) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  uint32_t state = 7;
  for (size_t i = files.size(); i > 1; --i) {
    state = state * 1664525u + 1013904223u;
    std::swap(files[i - 1], files[(state >> 8) % i]);
  }
  fs::create_directory(folder / "s/mixed");
  for (size_t i = 0; i < files.size(); ++i) fs::rename(files[i], folder / ("s/mixed/" + std::to_string(i)));
}

void check_listed(const TempFolder& folder, const std::vector<Volume>& phases) {
  CHECK(error_of(folder / "s").code == "AMBIGUOUS_PHASE");
  CHECK(error_of(folder / "s", {.interpolate_gaps = true}).code == "AMBIGUOUS_PHASE");
  Run run;
  const auto listed = list_series({folder / "s"}, run);
  REQUIRE(listed.size() == 1);
  REQUIRE(listed[0].phases.size() == phases.size());
  CHECK_FALSE(listed[0].problem);
  for (size_t i = 0; i < phases.size(); ++i) {
    CAPTURE(i);
    CHECK(listed[0].phases[i].slices == phases[i].geometry.size[2]);
    CHECK_FALSE(listed[0].phases[i].problem);
    const Volume read_phase = read(folder / "s", {.phase = static_cast<int>(i)}).volume;
    CHECK(ints(read_phase) == ints(phases[i]));
    CHECK(read_phase.geometry.origin_mm[2] == doctest::Approx(phases[i].geometry.origin_mm[2]));
  }
}

void check_whole(const TempFolder& folder, const Volume& written) {
  Run run;
  const auto listed = list_series({folder / "s"}, run);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].phases.size() == 1);
  CHECK_FALSE(listed[0].problem);
  for (const bool interpolate : {false, true}) {
    const SeriesVolume series = read(folder / "s", {.interpolate_gaps = interpolate});
    CHECK(ints(series.volume) == ints(written));
    CHECK(series.report.interpolated.empty());
  }
}

struct Difference {
  DcmTagKey tag;
  std::array<const char*, 4> values;
};

const Difference kDifferences[] = {
    {DCM_AcquisitionNumber, {"1", "2", "3", "12"}},
    {DCM_TemporalPositionIdentifier, {"1", "2", "3", "4"}},
    {DCM_TriggerTime, {"0", "150.5", "300", "1200"}},
    {DCM_SeriesDescription, {"arterial", "delayed", "portal", "unenhanced"}},
    {DCM_ContrastBolusAgent, {"", "A 300", "B 350", "C 400"}},
    {DCM_ConvolutionKernel, {"B30f", "B50f", "B60s", "B70f"}},
    {DCM_FilterType, {"0", "1", "2", "3"}},
    {DCM_KVP, {"80", "90", "120", "140.0"}},
    {DCM_ImageType,
     {"ORIGINAL\\PRIMARY\\AXIAL", "ORIGINAL\\PRIMARY\\AXIAL\\E1", "ORIGINAL\\PRIMARY\\AXIAL\\E2",
      "ORIGINAL\\PRIMARY\\AXIAL\\E3"}},
    {DCM_AcquisitionDateTime, {"20240131120000.5", "20240131120030", "20240131120100+0100", "20240131120200"}},
    {DCM_AcquisitionTime, {"120000", "120030.25", "120100", "120200"}},
    {DCM_ContentTime, {"120000", "120030", "120100", "120200"}},
};

}  // namespace

TEST_CASE("phases are listed whatever tells them apart and however far apart they lie") {
  constexpr double kStepMm = 3;
  size_t round = 0;
  for (const double offset : {0.0, 0.03, 0.1, 0.3, 0.75, 1.0, 1.5}) {
    for (int turn = 0; turn < 4; ++turn) {
      const Difference& difference = kDifferences[round % std::size(kDifferences)];
      const TempFolder folder;
      const int count = offset == 1.5 ? 2 : 2 + static_cast<int>(round % 3);
      const char* syntax = round++ % 2 ? kExplicit : kJpegLs;
      std::vector<Volume> phases;
      for (int i = 0; i < count; ++i) {
        const int64_t slices = 9 - (i % 2 && offset != 1.5);  // one shorter, but for half steps
        phases.push_back(scan_volume(slices, 40 + i * offset, kStepMm, i));
        add_scan(folder, phases.back(), i, mark(difference.tag, difference.values[static_cast<size_t>(i)]), syntax);
      }
      shuffle_files(folder);
      CAPTURE(offset);
      CAPTURE(DcmTag(difference.tag).getTagName());
      check_listed(folder, phases);
    }
  }
}

TEST_CASE("phases at every step are listed, evenly between each other or not") {
  for (const double step : {0.6, 1.0, 5.0}) {
    for (const int count : {2, 3, 4}) {
      const TempFolder folder;
      std::vector<Volume> phases;
      for (int i = 0; i < count; ++i) {
        phases.push_back(scan_volume(8, 40 + i * step / count, step, i));
        add_scan(folder, phases.back(), i, mark(DCM_AcquisitionNumber, std::to_string(i + 1)));
      }
      CAPTURE(step);
      CAPTURE(count);
      check_listed(folder, phases);
    }
  }
}

TEST_CASE("case 6: a phase of few slices is listed, at or between the places of the other") {
  for (const double offset : {0.0, 0.3, 0.75, 1.5}) {
    for (const int64_t first : {0, 3, 7}) {
      for (const int64_t slices : {3, 4}) {
        const TempFolder folder;
        if (first + slices > 10) continue;
        const Volume whole = scan_volume(12, 40, 3, 0);
        const Volume part = scan_volume(slices, 40 + 3 * static_cast<double>(first) + offset, 3, 1);
        add_scan(folder, whole, 0, mark(DCM_AcquisitionNumber, "1"));
        add_scan(folder, part, 1, mark(DCM_AcquisitionNumber, "2"));
        CAPTURE(offset);
        CAPTURE(first);
        CAPTURE(slices);
        check_listed(folder, {whole, part});
      }
    }
  }
}

TEST_CASE("case 6: a phase with gaps is listed, and its gaps are named") {
  for (const double offset : {0.0, 1.5}) {
    const TempFolder folder;
    const Volume whole = scan_volume(12, 40, 3, 0);
    add_scan(folder, whole, 0, mark(DCM_AcquisitionNumber, "1"));
    const Scan other = add_scan(folder, scan_volume(12, 40 + offset, 3, 1), 1, mark(DCM_AcquisitionNumber, "2"));
    for (const size_t z : {2, 5, 6, 9}) fs::remove(other.files[z]);
    CAPTURE(offset);
    CHECK(error_of(folder / "s").code == "AMBIGUOUS_PHASE");
    CHECK(error_of(folder / "s", {.interpolate_gaps = true}).code == "AMBIGUOUS_PHASE");
    CHECK(ints(read(folder / "s", {.phase = 0}).volume) == ints(whole));
    const Error gap = error_of(folder / "s", {.phase = 1});
    CHECK(gap.code == "MISSING_SLICE");
    CHECK(gap.remedy.find("interpolate") != std::string::npos);
    CHECK(read(folder / "s", {.phase = 1, .interpolate_gaps = true}).volume.geometry.size[2] == 12);
    Run run;
    const auto listed = list_series({folder / "s"}, run);
    CHECK_FALSE(listed[0].problem);
    REQUIRE(listed[0].phases.size() == 2);
    CHECK_FALSE(listed[0].phases[0].problem);
    REQUIRE(listed[0].phases[1].problem);
    CHECK(listed[0].phases[1].problem->code == "MISSING_SLICE");
  }
}

TEST_CASE("two passes over the body are told apart by nothing but a time for each slice") {
  for (const DcmTagKey& tag : {DCM_AcquisitionDateTime, DCM_AcquisitionTime, DCM_ContentTime}) {
    for (const double offset : {0.0, 0.1, 0.75, 1.5}) {
      for (const bool back : {false, true}) {
        const TempFolder folder;
        std::vector<double> there(9);
        std::iota(there.begin(), there.end(), 0.0);
        std::vector<double> again(9);
        for (size_t z = 0; z < 9; ++z) again[z] = 30 + 0.5 * static_cast<double>(back ? 8 - z : z);
        const Volume first = scan_volume(9, 40, 3, 0);
        const Volume second = scan_volume(9, 40 + offset, 3, 1);
        add_scan(folder, first, 0, mark_times(tag, there));
        add_scan(folder, second, 1, mark_times(tag, again), kJpegLs);
        CAPTURE(DcmTag(tag).getTagName());
        CAPTURE(offset);
        CAPTURE(back);
        check_listed(folder, {first, second});
      }
    }
  }
}

TEST_CASE("two passes are told apart by their numbers of instances alone") {
  for (const double offset : {0.0, 1.5}) {
    const TempFolder folder;
    const Volume first = scan_volume(9, 40, 3, 0);
    const Volume second = scan_volume(9, 40 + offset, 3, 1);
    add_scan(folder, first, 0, [](DcmDataset&, size_t) {});
    add_scan(folder, second, 1,
             [](DcmDataset& dataset, size_t z) { set(dataset, DCM_InstanceNumber, std::to_string(19 - z)); });
    CAPTURE(offset);
    check_listed(folder, {first, second});
  }
}

TEST_CASE("two acquisitions with two kernels are four sub-volumes") {
  const TempFolder folder;
  std::vector<Volume> phases;
  for (int i = 0; i < 4; ++i) {
    phases.push_back(scan_volume(6, 40, 3, i));
    add_scan(folder, phases.back(), i, [&](DcmDataset& dataset, size_t) {
      set(dataset, DCM_AcquisitionNumber, i < 2 ? "1" : "2");
      set(dataset, DCM_ConvolutionKernel, i % 2 ? "B70f" : "B30f");
    });
  }
  check_listed(folder, phases);
}

TEST_CASE("a series with a time for each slice is one volume, in whatever order they came") {
  const std::vector<std::vector<double>> orders = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                                                   {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
                                                   {0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10},
                                                   {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11},
                                                   {0, 4, 1, 5, 2, 6, 3, 8, 7, 10, 9, 11},
                                                   {7, 3, 11, 0, 5, 9, 1, 10, 4, 8, 2, 6},
                                                   {0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3},
                                                   {9, 9, 9, 9, 9, 9, 2, 2, 2, 2, 2, 2},
                                                   {86390, 86391, 86392, 86393, 86394, 86395, 1, 2, 3, 4, 5, 6}};
  for (const DcmTagKey& tag : {DCM_AcquisitionDateTime, DCM_AcquisitionTime, DCM_ContentTime}) {
    for (size_t i = 0; i < orders.size(); ++i) {
      const TempFolder folder;
      const Scan scan = add_scan(folder, scan_volume(12, 40, 3, 0), 0, mark_times(tag, orders[i]));
      CAPTURE(DcmTag(tag).getTagName());
      CAPTURE(i);
      check_whole(folder, scan.volume);
    }
  }
}

TEST_CASE("a value that rises with the position, or changes from stretch to stretch, makes no phases") {
  const std::vector<std::vector<int>> numbers = {
      {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1},
      {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3},    {3, 3, 3, 1, 1, 1, 1, 1, 2, 2, 2, 2},
      {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2},    {1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1},
      {1, 1, 2, 1, 2, 2, 1, 1, 2, 1, 2, 1},    {1, 2, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1}};
  for (const Difference& difference : kDifferences) {
    if (difference.tag == DCM_ImageType) continue;  // takes no numbers
    const TempFolder folder;
    const Scan scan = add_scan(folder, scan_volume(12, 40, 3, 0), 0, [](DcmDataset&, size_t) {});
    for (size_t i = 0; i < numbers.size(); ++i) {
      edit_files(scan.files, [&](DcmDataset& dataset, size_t z) {
        const bool is_time = difference.tag == DCM_AcquisitionTime || difference.tag == DCM_ContentTime;
        set(dataset, difference.tag, is_time ? clock(numbers[i][z]) : std::to_string(numbers[i][z]));
      });
      CAPTURE(DcmTag(difference.tag).getTagName());
      CAPTURE(i);
      check_whole(folder, scan.volume);
    }
  }
}

TEST_CASE("acquisitions end to end that share a slice or two are one scan; with more they are phases") {
  for (const char* syntax : {kExplicit, kJpegLs}) {
    for (const int64_t shared : {0, 1, 2, 3, 5}) {
      for (const bool same_pixels : {false, true}) {
        const TempFolder folder;
        const Volume whole = scan_volume(14, 40, 3, 0);
        const auto part = [&](int64_t first, int64_t count, int difference) {
          Volume volume = scan_volume(count, 40 + 3 * static_cast<double>(first), 3, 0);
          auto& hu = std::get<std::vector<int16_t>>(volume.hu);
          const int64_t pixels = whole.geometry.slice_pixels();
          std::copy_n(ints(whole).begin() + first * pixels, count * pixels, hu.begin());
          for (int64_t i = 0; i < shared * pixels; ++i)
            hu[size_t(i)] = static_cast<int16_t>(hu[size_t(i)] + difference);
          return volume;
        };
        add_scan(folder, part(0, 8, 0), 0, mark(DCM_AcquisitionNumber, "1"), syntax);
        add_scan(folder, part(8 - shared, 6 + shared, same_pixels ? 0 : 9), 1, mark(DCM_AcquisitionNumber, "2"),
                 syntax);
        CAPTURE(shared);
        CAPTURE(same_pixels);
        if (shared > 2 && !same_pixels) {
          CHECK(error_of(folder / "s").code == "AMBIGUOUS_PHASE");
          continue;
        }
        Run run;
        const SeriesVolume series = read_series({folder / "s"}, {}, run);
        CHECK(series.volume.geometry.size[2] == 14);
        CHECK(series.report.excluded.size() == static_cast<size_t>(shared));
        CHECK(has_code(run.warnings(), "OVERLAPPING_ACQUISITIONS") == (shared > 0 && !same_pixels));
        if (same_pixels || shared == 0) CHECK(ints(series.volume) == ints(whole));
        CHECK(list_series({folder / "s"}, run)[0].phases.size() == 1);
      }
    }
  }
}

TEST_CASE("interpolation mixes no slices of two scans, and is not proposed for it") {
  for (const std::vector<double>& strays : {std::vector<double>{47.5}, std::vector<double>{46.9, 50.5}}) {
    const TempFolder folder;
    const Scan scan = add_scan(folder, scan_volume(10, 40, 3, 0), 0, mark(DCM_AcquisitionNumber, "1"));
    for (size_t i = 0; i < strays.size(); ++i) {
      add_scan(folder, scan_volume(1, strays[i], 3, 1), 1 + static_cast<int>(i), mark(DCM_AcquisitionNumber, "2"));
    }
    fs::remove(scan.files[strays.size() == 1 ? 3 : 2]);
    for (const bool interpolate : {false, true}) {
      const Error error = error_of(folder / "s", {.interpolate_gaps = interpolate});
      CAPTURE(error.what());
      CHECK((error.code == "IRREGULAR_SPACING" || error.code == "MISSING_SLICE"));
      CHECK(error.remedy.find("gaps: 'interpolate'") == std::string::npos);
      CHECK(error.remedy.find("AcquisitionNumber") != std::string::npos);
    }
  }
}

TEST_CASE("other slices some tenths of a millimetre away are named as such, not as missing ones") {
  for (const double offset : {0.03, 0.1, 0.3}) {
    for (const int64_t slices : {1, 2, 5, 10}) {
      const TempFolder folder;
      add_scan(folder, scan_volume(10, 40, 3, 0), 0, [](DcmDataset&, size_t) {});
      add_scan(folder, scan_volume(slices, 46 + offset, 3, 1), 1, [](DcmDataset&, size_t) {});
      CAPTURE(offset);
      CAPTURE(slices);
      for (const bool interpolate : {false, true}) {
        const Error error = error_of(folder / "s", {.interpolate_gaps = interpolate});
        CHECK(error.code == "DUPLICATE_POSITION");
      }
      Run run;
      const auto listed = list_series({folder / "s"}, run);
      REQUIRE(listed[0].problem);
      CHECK(listed[0].problem->code == "DUPLICATE_POSITION");
    }
  }
}
