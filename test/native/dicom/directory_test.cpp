// A DICOMDIR's names, and those of the files beside it.
#include <fstream>

#include "dicom/series_intake.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

void write_directory(const std::string& path, const std::vector<std::string>& names,
                     const std::vector<std::string>& instances = {}) {
  DcmFileFormat directory;
  auto* records = new DcmSequenceOfItems(DCM_DirectoryRecordSequence);
  for (size_t i = 0; i < names.size(); ++i) {
    auto* record = new DcmItem();
    record->putAndInsertString(DCM_ReferencedFileID, names[i].c_str());
    if (i < instances.size()) record->putAndInsertString(DCM_ReferencedSOPInstanceUIDInFile, instances[i].c_str());
    records->append(record);
  }
  directory.getDataset()->putAndInsertString(DCM_SOPClassUID, UID_MediaStorageDirectoryStorage);
  directory.getDataset()->insert(records);
  REQUIRE(directory.saveFile(path.c_str(), EXS_LittleEndianExplicit).good());
}

struct ReadDirectory {
  SeriesVolume series;
  std::vector<Warning> warnings;
};

ReadDirectory read_directory(const std::string& path) {
  Run run;
  SeriesVolume series = read_series({path}, {}, run);
  return {std::move(series), run.warnings()};
}

std::string message_of(const std::vector<Warning>& warnings, const std::string& code) {
  for (const Warning& warning : warnings) {
    if (warning.code == code) return warning.message;
  }
  return {};
}

}  // namespace

TEST_CASE("a DICOMDIR's files are found though case and ending differ, and that is told") {
  const Volume written = make_volume(6);
  const struct {
    std::string folder;
    std::string before;
    std::string after;
    bool other;
  } cases[] = {{"DICOM", "IM", "", false},    {"dicom", "im", "", true},     {"Dicom", "Im", ".dcm", true},
               {"DICOM", "IM", ".DCM", true}, {"dicom", "im", ".ima", true}, {"DICOM", "IM", ";1", true}};
  for (const auto& [sub, before, after, other] : cases) {
    CAPTURE(sub + "/" + before + after);
    const TempFolder folder;
    const auto paths = write_series(folder, written);
    fs::create_directories(folder / ("s/" + sub));
    std::vector<std::string> names;
    for (size_t z = 0; z < paths.size(); ++z) {
      fs::rename(paths[z], folder / ("s/" + sub + "/" + before + std::to_string(z) + after));
      names.push_back("DICOM\\IM" + std::to_string(z));
    }
    write_directory(folder / "s/DICOMDIR", names);
    const ReadDirectory read = read_directory(folder / "s/DICOMDIR");
    CHECK(ints(read.series.volume) == ints(written));
    CHECK(has_code(read.warnings, "OTHER_FILE_NAMES") == other);
    CHECK_FALSE(has_code(read.warnings, "MISSING_FILES"));
    const ReadDirectory whole = read_directory(folder / "s");
    CHECK(ints(whole.series.volume) == ints(written));
    CHECK_FALSE(has_code(whole.warnings, "MISSING_FILES"));
  }
}

TEST_CASE("files that a DICOMDIR names and the disk lacks are named") {
  for (const size_t missing : {size_t{0}, size_t{5}}) {
    CAPTURE(missing);
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume(6));
    std::vector<std::string> names;
    for (const std::string& path : paths) names.push_back(fs::path(path).filename().string());
    fs::remove(paths[missing]);
    write_directory(folder / "s/DICOMDIR", names);
    const ReadDirectory read = read_directory(folder / "s/DICOMDIR");
    CHECK(read.series.volume.geometry.size[2] == 5);
    CHECK(message_of(read.warnings, "MISSING_FILES").find(names[missing]) != std::string::npos);
    const ReadDirectory whole = read_directory(folder / "s");
    CHECK(whole.series.volume.geometry.size[2] == 5);
    CHECK(message_of(whole.warnings, "MISSING_FILES").find(names[missing]) != std::string::npos);
  }
  const TempFolder folder;
  write_directory(folder / "DICOMDIR", {"IM1", "IM2"});
  const Error error = error_of(folder / "DICOMDIR");
  CHECK(error.code == "NO_DICOM");
  CHECK(std::string(error.what()).find("IM2") != std::string::npos);
}

TEST_CASE("in memory, where names are lost, a DICOMDIR tells by UID which files are not there") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(6));
  std::vector<std::string> names;
  std::vector<std::string> instances;
  std::vector<InputFile> files;
  const auto in_memory = [&](const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    auto bytes = std::make_shared<FileBytes>();
    bytes->bytes.assign(std::istreambuf_iterator<char>(stream), {});
    bytes->size = bytes->bytes.size();
    return InputFile("source[" + std::to_string(files.size()) + "]", bytes);
  };
  for (const std::string& path : paths) {
    names.push_back("IM" + std::to_string(names.size()));
    DcmFileFormat file;
    OFString uid;
    REQUIRE(file.loadFile(path.c_str()).good());
    file.getDataset()->findAndGetOFString(DCM_SOPInstanceUID, uid);
    instances.emplace_back(uid.c_str());
    files.push_back(in_memory(path));
  }
  write_directory(folder / "DICOMDIR", names, instances);
  files.insert(files.begin() + 2, in_memory(folder / "DICOMDIR"));
  for (const size_t missing : {size_t{0}, size_t{6}, files.size()}) {
    std::vector<InputFile> given = files;
    if (missing < files.size()) given.erase(given.begin() + static_cast<std::ptrdiff_t>(missing));
    Run run;
    SeriesIntake intake;
    for (const InputFile& file : given) intake.add({file}, run);
    const SeriesVolume series = read_series(intake, {}, run);
    CHECK(series.volume.geometry.size[2] == (missing < files.size() ? 5 : 6));
    const std::string message = message_of(run.warnings(), "MISSING_FILES");
    CHECK((message.find(instances[missing == 0 ? 0 : 5]) != std::string::npos) == (missing < files.size()));
    CHECK(message.empty() == (missing == files.size()));
  }
}

TEST_CASE("a name that several files could have is missing, and none leads out of the folder") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(3));
  fs::copy(paths[0], folder / "outside.dcm");
  fs::create_directories(folder / "s/sub");
  fs::rename(paths[1], folder / "s/im1.dcm");
  fs::rename(paths[2], folder / "s/im1.ima");
  const std::string first = fs::path(paths[0]).filename().string();
  write_directory(folder / "s/DICOMDIR", {first, "IM1", "..\\OUTSIDE", "sub\\..\\..\\outside.dcm"});
  const ReadDirectory read = read_directory(folder / "s/DICOMDIR");
  CHECK(read.series.volume.geometry.size[2] == 1);
  CHECK(has_code(read.warnings, "MISSING_FILES"));
  CHECK(read.series.report.slices[0].file == paths[0]);
}
