// Slices given more than once, and slices that only share a UID: dicom.md's cases 3 and 4.
#include <algorithm>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr const char* kSyntaxes[] = {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"};

void set_uid(const std::string& file, const std::string& uid) {
  edit_file(file, [&](DcmDataset& dataset) { set(dataset, DCM_SOPInstanceUID, uid); });
}

void lift(const std::string& file, double position_mm) {
  edit_file(file, [&](DcmDataset& dataset) {
    set(dataset, DCM_ImagePositionPatient, "-100.5\\-90.25\\" + std::to_string(position_mm));
  });
}

}  // namespace

TEST_CASE("slices that share a SOPInstanceUID are all kept, and the UID is reported") {
  struct Sharing {
    const char* name;
    size_t (*group)(size_t);
  };
  for (const Sharing& sharing : {Sharing{"all", [](size_t) -> size_t { return 0; }},
                                 Sharing{"last and first", [](size_t z) -> size_t { return z == 11 ? 0 : z; }},
                                 Sharing{"pairs", [](size_t z) -> size_t { return z / 2; }},
                                 Sharing{"every third", [](size_t z) -> size_t { return z % 3; }}}) {
    for (const char* syntax : kSyntaxes) {
      const TempFolder folder;
      const Volume written = make_volume(12);
      const auto paths = write_series(folder, written, {.transfer_syntax_uid = syntax});
      for (size_t z = 0; z < paths.size(); ++z) set_uid(paths[z], "1.2.3." + std::to_string(sharing.group(z)));
      CAPTURE(sharing.name);
      CAPTURE(syntax);
      Run run;
      const SeriesVolume series = read_series({folder / "s"}, {}, run);
      CHECK(ints(series.volume) == ints(written));
      CHECK(series.report.excluded.empty());
      CHECK(has_code(run.warnings(), "SHARED_SOP_INSTANCE_UID"));
      const auto listed = list_series({folder / "s"}, run);
      CHECK(listed[0].phases[0].slices == 12);
      CHECK_FALSE(listed[0].problem);
    }
  }
}

TEST_CASE("copies among slices that share a UID are left out, and nothing else") {
  for (const char* syntax : kSyntaxes) {
    for (const size_t copied : {0, 4, 11}) {
      const TempFolder folder;
      const Volume written = make_volume(12);
      const auto paths = write_series(folder, written, {.transfer_syntax_uid = syntax});
      for (const std::string& path : paths) set_uid(path, "1.2.3");
      const std::string copy = folder / "s/Z_copy.dcm";
      fs::copy_file(paths[copied], copy);
      Run run;
      const SeriesVolume series = read_series({folder / "s"}, {}, run);
      CHECK(ints(series.volume) == ints(written));
      REQUIRE(series.report.excluded.size() == 1);
      CHECK(has_code(series.report.excluded, copy, "DUPLICATE_SOP_INSTANCE"));
      CHECK(has_code(run.warnings(), "SHARED_SOP_INSTANCE_UID"));
    }
  }
}

TEST_CASE("the same SOPInstanceUID and position with other pixels is no copy") {
  for (const char* syntax : kSyntaxes) {
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume(8), {.transfer_syntax_uid = syntax});
    const std::string other = folder / "s/other.dcm";
    fs::copy_file(paths[3], other);
    edit_file(other, [](DcmDataset& dataset) { set(dataset, DCM_RescaleIntercept, "-1000"); });
    CHECK(error_of(folder / "s").code == "DUPLICATE_POSITION");
    Run run;
    CHECK(list_series({folder / "s"}, run)[0].problem->code == "DUPLICATE_POSITION");
  }
}

TEST_CASE("of a slice and its cut copy the whole one is kept, whatever their names") {
  for (const char* syntax : kSyntaxes) {
    for (const char* name : {"s/A.dcm", "s/Z.dcm"}) {
      for (const double part : {0.2, 0.6, 0.99}) {
        const TempFolder folder;
        const Volume written = make_volume(6, 60, 50);
        const auto paths = write_series(folder, written, {.transfer_syntax_uid = syntax});
        const std::string cut = folder / name;
        fs::copy_file(paths[2], cut);
        fs::resize_file(cut, static_cast<uint64_t>(part * static_cast<double>(fs::file_size(cut))));
        CAPTURE(syntax);
        CAPTURE(part);
        const SeriesVolume series = read(folder / "s");
        CHECK(ints(series.volume) == ints(written));
        CHECK(has_code(series.report.excluded, cut, "DUPLICATE_SOP_INSTANCE"));
        Run run;
        CHECK_FALSE(list_series({folder / "s"}, run)[0].problem);
      }
    }
  }
}

TEST_CASE("a cut file that only shares its UID with a whole one makes no volume") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(6));
  set_uid(paths[4], "1.2.3");
  set_uid(paths[1], "1.2.3");
  fs::resize_file(paths[4], fs::file_size(paths[4]) - 100);
  const Error error = error_of(folder / "s");
  CHECK(error.code == "CORRUPT_FILE");
  CHECK(error.file == paths[4]);
}

TEST_CASE("copies some tenths of a millimetre away are copies, and the slice on the grid is kept") {
  for (const char* syntax : kSyntaxes) {
    for (const double offset : {0.03, 0.1, 0.3, -0.03, -0.1, -0.3}) {
      for (const size_t count : {1, 3, 12}) {
        const TempFolder folder;
        const Volume written = make_volume(12);
        const auto paths = write_series(folder, written, {.transfer_syntax_uid = syntax});
        for (size_t z = 0; z < count; ++z) {
          const std::string copy = folder / ("s/copy" + std::to_string(z));
          fs::copy_file(paths[z], copy);
          set_uid(copy, "9.9." + std::to_string(z));
          lift(copy, 40 + 2.5 * static_cast<double>(z) + offset);
        }
        CAPTURE(offset);
        CAPTURE(count);
        const SeriesVolume series = read(folder / "s");
        CHECK(ints(series.volume) == ints(written));
        CHECK(series.report.excluded.size() == count);
        if (count < 12) CHECK(has_code(series.report.excluded, folder / "s/copy0", "DUPLICATE_SLICE"));
      }
    }
  }
}

TEST_CASE("slices with the same pixels at different places are all kept") {
  for (const double step : {0.3, 0.6, 2.5}) {
    const TempFolder folder;
    Volume blank = make_volume(10);
    blank.geometry.spacing_mm[2] = step;
    std::ranges::fill(std::get<std::vector<int16_t>>(blank.hu), int16_t{-1000});
    write_series(folder, blank);
    const SeriesVolume series = read(folder / "s");
    CHECK(series.volume.geometry.size[2] == 10);
    CHECK(series.report.excluded.empty());
  }
}

TEST_CASE("the scan twice under other UIDs and another AcquisitionNumber is the scan") {
  const TempFolder folder;
  const Volume written = make_volume(8);
  const auto paths = write_series(folder, written);
  for (size_t z = 0; z < paths.size(); ++z) {
    const std::string copy = folder / ("s/copy" + std::to_string(z));
    fs::copy_file(paths[z], copy);
    edit_file(copy, [&](DcmDataset& dataset) {
      set(dataset, DCM_SOPInstanceUID, "9.9." + std::to_string(z));
      set(dataset, DCM_AcquisitionNumber, "2");
    });
  }
  const SeriesVolume series = read(folder / "s");
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.report.excluded.size() == 8);
}

TEST_CASE("multi-frame objects: copies by the pixels of their frames, parts under one UID are all kept") {
  const TempFolder folder;
  fs::create_directory(folder / "s");
  const Volume written = make_volume(8);
  const auto part = [&](int64_t first, int64_t count, const std::string& name) {
    Volume volume = make_volume(count);
    volume.geometry.origin_mm[2] = 40 + 2.5 * static_cast<double>(first);
    const auto pixels = written.geometry.slice_pixels();
    std::copy_n(ints(written).begin() + first * pixels, count * pixels,
                std::get<std::vector<int16_t>>(volume.hu).begin());
    write_enhanced_ct(volume, folder / name,
                      {.study_instance_uid = "1.2", .series_instance_uid = "1.3", .frame_of_reference_uid = "1.4"});
    set_uid(folder / name, "1.2.3");
  };
  part(0, 5, "s/a");
  part(5, 3, "s/b");
  SUBCASE("two parts") {
    Run run;
    CHECK(ints(read_series({folder / "s"}, {}, run).volume) == ints(written));
    CHECK(has_code(run.warnings(), "SHARED_SOP_INSTANCE_UID"));
  }
  SUBCASE("and a copy") {
    fs::copy_file(folder / "s/a", folder / "s/c");
    const SeriesVolume series = read(folder / "s");
    CHECK(ints(series.volume) == ints(written));
    CHECK(series.report.excluded.size() == 5);
  }
}
