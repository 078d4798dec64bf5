// Writing series: determinism, atomic files, errors.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <set>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

std::vector<double> values(const Volume& volume) {
  return std::visit([](const auto& hu) { return std::vector<double>(hu.begin(), hu.end()); }, volume.hu);
}

}  // namespace

TEST_CASE("the same volume gives the same bytes, whatever the thread count") {
  const TempFolder folder;
  const Volume volume = make_volume();
  Run one;
  one.threads = 1;
  Run many;
  many.threads = 4;
  const auto first = write_ct_series(volume, folder / "a", {}, one).files;
  const auto second = write_ct_series(volume, folder / "b", {}, many).files;
  REQUIRE(first.size() == second.size());
  for (size_t z = 0; z < first.size(); ++z) CHECK(bytes_of(first[z]) == bytes_of(second[z]));
}

TEST_CASE("series that differ in anything share no study, series, frame of reference or instance") {
  const TempFolder folder;
  std::vector<std::pair<Volume, CtSeriesAttributes>> inputs = {{make_volume(), {}}};
  const auto add = [&](const std::function<void(Volume&, CtSeriesAttributes&)>& change) {
    inputs.emplace_back(make_volume(), CtSeriesAttributes{});
    change(inputs.back().first, inputs.back().second);
  };
  for (const size_t voxel : {size_t{0}, size_t{1000}, ints(make_volume()).size() - 1}) {
    add([&](Volume& volume, auto&) { ++std::get<std::vector<int16_t>>(volume.hu)[voxel]; });
  }
  add([](Volume& volume, auto&) {
    const std::vector<int16_t> hu = ints(volume);
    volume.hu = std::vector<float>(hu.begin(), hu.end());
  });
  for (int axis = 0; axis < 3; ++axis) {
    add([&](Volume& volume, auto&) { volume.geometry.spacing_mm[axis] *= 1.0001; });
    add([&](Volume& volume, auto&) { volume.geometry.origin_mm[axis] += 0.001; });
  }
  add([](Volume& volume, auto&) { volume.geometry.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1}; });
  add([](Volume& volume, auto&) { volume = make_volume(5); });
  for (std::string CtSeriesAttributes::*text :
       {&CtSeriesAttributes::patient_id, &CtSeriesAttributes::patient_name, &CtSeriesAttributes::study_description,
        &CtSeriesAttributes::series_description, &CtSeriesAttributes::contrast_agent, &CtSeriesAttributes::study_date,
        &CtSeriesAttributes::study_time, &CtSeriesAttributes::derivation}) {
    add([&](auto&, CtSeriesAttributes& attributes) { attributes.*text = "20260102"; });
  }
  add([](auto&, CtSeriesAttributes& attributes) { attributes.series_number = 2; });
  add([](auto&, CtSeriesAttributes& attributes) { attributes.slice_thickness_mm = 3; });

  std::set<std::string> uids;
  size_t expected = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Run run;
    const std::string name = folder / std::to_string(i);
    const WrittenSeries written = write_ct_series(inputs[i].first, name, inputs[i].second, run);
    uids.insert({written.study_instance_uid, written.series_instance_uid, written.frame_of_reference_uid});
    for (const SliceSource& slice : read(name).report.slices) uids.insert(slice.sop_instance_uid);
    expected += 3 + written.files.size();
  }
  CHECK(uids.size() == expected);
}

TEST_CASE("UIDs are version-5 UUIDs as decimal numbers") {
  // Python: uuid.uuid5(uuid.UUID("9076ad24-8b7b-410a-b3ba-5598d52c0f4e"), name).int
  CHECK(dicom::name_based_uid("") == "2.25.67281640990925140375844295594827724426");
  CHECK(dicom::name_based_uid("study|1") == "2.25.181300654497987752973100513762175198960");
  for (int i = 0; i < 100; ++i) CHECK(dicom::name_based_uid(std::to_string(i)).size() <= 64);
}

TEST_CASE("given UIDs are taken, and the instances of different volumes differ still") {
  const TempFolder folder;
  const CtSeriesAttributes given{
      .study_instance_uid = "1.2.3", .series_instance_uid = "1.2.3.4", .frame_of_reference_uid = "1.2.3.5"};
  const SeriesReport a = (write_series(folder, make_volume(3), given, "a"), read(folder / "a").report);
  const SeriesReport b = (write_series(folder, make_volume(4), given, "b"), read(folder / "b").report);
  CHECK(a.study_instance_uid == "1.2.3");
  CHECK(a.series_instance_uid == "1.2.3.4");
  CHECK(a.frame_of_reference_uid == "1.2.3.5");
  for (size_t z = 0; z < 3; ++z) CHECK(a.slices[z].sop_instance_uid != b.slices[z].sop_instance_uid);
}

TEST_CASE("what is not said of the patient is empty, and what is derived says so") {
  const TempFolder folder;
  Run run;
  const auto element = [](const std::string& path, const DcmTagKey& tag) {
    DcmFileFormat file;
    REQUIRE(file.loadFile(path.c_str()).good());
    OFString value;
    REQUIRE(file.getDataset()->findAndGetOFStringArray(tag, value).good());
    return std::string(value.c_str());
  };
  const std::string plain = write_ct_series(make_volume(2), folder / "a", {}, run).files[1];
  for (const DcmTagKey& tag : {DCM_PatientID, DCM_PatientName, DCM_StudyDate, DCM_StudyTime}) {
    CHECK(element(plain, tag).empty());
  }
  CHECK(element(plain, DCM_ImageType) == "ORIGINAL\\PRIMARY\\AXIAL");
  const CtSeriesAttributes attributes{.study_date = "20260102", .study_time = "101112", .derivation = "Made up"};
  const std::string derived = write_ct_series(make_volume(2), folder / "b", attributes, run).files[1];
  CHECK(element(derived, DCM_ImageType) == "DERIVED\\SECONDARY\\AXIAL");
  CHECK(element(derived, DCM_DerivationDescription) == "Made up");
  CHECK(element(derived, DCM_StudyDate) == "20260102");
  CHECK(element(derived, DCM_StudyTime) == "101112");
}

TEST_CASE("only the series' own files are left in the folder") {
  const TempFolder folder;
  write_series(folder, make_volume(3));
  CHECK(names_in(folder / "s") == std::vector<std::string>{"CT_0001.dcm", "CT_0002.dcm", "CT_0003.dcm"});
}

TEST_CASE("HU are rounded; those that do not fit are clamped and counted") {
  const TempFolder folder;
  Volume volume = make_volume(1, 4, 2);
  volume.hu =
      std::vector<float>{-3000.0f, -0.6f, 41.4f, 3000.0f, NAN, 1e9f, std::numeric_limits<float>::infinity(), -1024.4f};
  Run run;
  write_ct_series(volume, folder / "s", {}, run);
  const auto read_back = values(read(folder / "s").volume);
  CHECK(std::vector(read_back.begin(), read_back.begin() + 5) == std::vector<double>{-1024, -1, 41, 3000, -1024});
  CHECK(read_back[5] >= 32767);
  CHECK(read_back[6] == read_back[5]);
  CHECK(read_back[7] == -1024);
  REQUIRE(run.warnings().size() == 1);
  CHECK(run.warnings()[0].code == "CLAMPED_HU");
  CHECK(run.warnings()[0].message.starts_with("4 voxels "));

  Run in_range;
  write_ct_series(make_volume(), folder / "t", {}, in_range);
  CHECK(in_range.warnings().empty());
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
  CHECK(code_of(folder / "file", {}) == "OUTPUT_EXISTS");
  CHECK(code_of(folder / "s", {.transfer_syntax_uid = "1.2.840.10008.1.2.4.90"}) == "UNSUPPORTED_TRANSFER_SYNTAX");
  CHECK(names_in(folder.str()) == std::vector<std::string>{"file"});
  run.cancel();
  CHECK_THROWS_AS(write_ct_series(make_volume(2), folder / "a/b/s", {}, run), Cancelled);
  CHECK(names_in(folder.str()) == std::vector<std::string>{"file"});
}

TEST_CASE("a folder that holds anything is left as it is; an empty one, a new one and a link to one are written") {
  const TempFolder folder;
  Run run;
  const auto code_of = [&](const std::string& name, int64_t slices) -> std::string {
    try {
      write_ct_series(make_volume(slices), folder / name, {}, run);
    } catch (const Error& error) {
      CHECK(error.file == folder / name);
      return error.code;
    }
    return "none";
  };
  CHECK(code_of("s", 8) == "none");
  CHECK(code_of("s", 6) == "OUTPUT_EXISTS");
  CHECK(read(folder / "s").volume.geometry.size[2] == 8);
  fs::create_directories(folder / "notes");
  write_text(folder / "notes/.hidden", "the user's");
  CHECK(code_of("notes", 2) == "OUTPUT_EXISTS");
  CHECK(names_in(folder / "notes") == std::vector<std::string>{".hidden"});
  fs::create_directory(folder / "empty");
  CHECK(code_of("empty", 2) == "none");
  CHECK(code_of("new/and/deep/", 2) == "none");
  CHECK(names_in(folder / "new/and/deep").size() == 2);
  fs::create_directory(folder / "aim");
  fs::create_directory_symlink(folder / "aim", folder / "link");
  CHECK(code_of("link", 2) == "none");
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(names_in(folder / "aim").size() == 2);
  CHECK(code_of("link", 2) == "OUTPUT_EXISTS");
}

TEST_CASE("a writer that is killed leaves nothing that reads as a series") {
  const TempFolder folder;
  const pid_t writer = fork();
  if (writer == 0) {
    Run run([](const std::string&, double fraction) {
      if (fraction > 0.5) kill(getpid(), SIGKILL);
    });
    run.threads = 1;
    write_ct_series(make_volume(), folder / "s", {}, run);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(writer, &status, 0) == writer);
  REQUIRE(WIFSIGNALED(status));
  CHECK_FALSE(fs::exists(folder / "s"));
  REQUIRE(names_in(folder.str()).size() == 1);  // what it had begun
  CHECK(error_of(folder.str()).code == "NO_DICOM");
  write_series(folder, make_volume(4));
  CHECK(read(folder.str()).volume.geometry.size[2] == 4);
  CHECK(has_code(read(folder.str()).report.excluded, (fs::path(folder.str()) / names_in(folder.str())[0]).string(),
                 "UNFINISHED_OUTPUT"));
}
