// Writing series: determinism, atomic files, errors.
#include <algorithm>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("the same volume gives the same bytes, whatever the thread count") {
  const TempFolder folder;
  const Volume volume = make_volume();
  Run one;
  one.threads = 1;
  Run many;
  many.threads = 4;
  const auto first = write_ct_series(volume, folder / "a", {}, one);
  const auto second = write_ct_series(volume, folder / "b", {}, many);
  for (size_t z = 0; z < first.size(); ++z) CHECK(bytes_of(first[z]) == bytes_of(second[z]));
}

TEST_CASE("only the series' own files are left in the folder") {
  const TempFolder folder;
  write_series(folder, make_volume(3));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "s")) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"CT_0001.dcm", "CT_0002.dcm", "CT_0003.dcm"});
}

TEST_CASE("HU are rounded, and those that CT does not have become air") {
  const TempFolder folder;
  Volume volume = make_volume(1, 4, 1);
  volume.hu = std::vector<float>{-3000.0f, -0.6f, 41.4f, 3000.0f};
  write_series(folder, volume);
  CHECK(ints(read(folder / "s").volume) == std::vector<int16_t>{-1024, -1, 41, 3000});
}

TEST_CASE("different studies and series get different identifiers") {
  const TempFolder folder;
  const auto uid_of = [&](const CtSeriesAttributes& attributes, const std::string& name) {
    write_series(folder, make_volume(1), attributes, name);
    return read(folder / name).report;
  };
  const SeriesReport a = uid_of({.patient_id = "A"}, "a");
  const SeriesReport b = uid_of({.patient_id = "B"}, "b");
  const SeriesReport c = uid_of({.patient_id = "A", .series_number = 2}, "c");
  CHECK(a.study_instance_uid != b.study_instance_uid);
  CHECK(a.study_instance_uid == c.study_instance_uid);
  CHECK(a.series_instance_uid != c.series_instance_uid);
  CHECK(a.frame_of_reference_uid == c.frame_of_reference_uid);
  CHECK(a.series_instance_uid.starts_with("2.25."));
  CHECK(a.series_instance_uid.size() <= 64);
}

TEST_CASE("what cannot be written is a typed error, and leaves nothing behind") {
  const TempFolder folder;
  write_text(folder / "file", "in the way");
  Run run;
  const auto code_of = [&](const std::string& where, const CtSeriesAttributes& attributes) -> std::string {
    try {
      write_ct_series(make_volume(2), where, attributes, run);
    } catch (const Error& error) {
      return error.code;
    }
    return "none";
  };
  CHECK(code_of(folder / "file/below", {}) == "OUTPUT_UNWRITABLE");
  CHECK(code_of(folder / "s", {.transfer_syntax_uid = "1.2.840.10008.1.2.4.90"}) == "UNSUPPORTED_TRANSFER_SYNTAX");
  CHECK(fs::is_empty(folder / "s"));
}
