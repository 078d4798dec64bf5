// Files in memory: decoded as they come, and read as from a folder.
#include "dicom/series_intake.h"

#include <memory>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

InputFile in_memory(const std::string& name, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  auto bytes = std::make_shared<FileBytes>();
  bytes->bytes.assign(std::istreambuf_iterator<char>(file), {});
  bytes->size = bytes->bytes.size();
  return {name, bytes};
}

std::vector<InputFile> in_memory(const std::vector<std::string>& paths) {
  std::vector<InputFile> files;
  for (const std::string& path : paths) files.push_back(in_memory("item " + std::to_string(files.size()), path));
  return files;
}

SeriesVolume read(SeriesIntake& intake, const ReadSeriesOptions& options = {}) {
  Run run;
  return read_series(intake, options, run);
}

SeriesVolume read(const std::vector<InputFile>& files, const ReadSeriesOptions& options = {}) {
  Run run;
  SeriesIntake intake;
  for (const InputFile& file : files) intake.add({file}, run);
  return read(intake, options);
}

std::string code_of(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code;
  }
  return "none";
}

}  // namespace

TEST_CASE("every transfer syntax reads from memory as from its file") {
  const Volume written = make_volume(19);
  for (const char* uid : {"1.2", "1.2.1", "1.2.2", "1.2.1.99", "1.2.5", "1.2.4.57", "1.2.4.70", "1.2.4.80"}) {
    CAPTURE(std::string(uid));
    const TempFolder folder;
    auto paths = write_series(folder, written);
    const std::string syntax = "1.2.840.10008." + std::string(uid);
    if (std::string(uid).size() > 3) {
      paths = write_series(folder, written, {.transfer_syntax_uid = syntax});
    } else {
      for (const std::string& path : paths)
        edit_file(
            path, [](DcmDataset&) {}, DcmXfer(syntax.c_str()).getXfer());
    }
    const SeriesVolume series = read(in_memory(paths));
    CHECK(ints(series.volume) == ints(written));
    CHECK(series.report.transfer_syntaxes == read(folder / "s").report.transfer_syntaxes);
    CHECK(series.report.slices.front().file == "item 0");
  }
}

TEST_CASE("pixels of the wrong length, and streams that cannot be decoded, are refused when the slice is chosen") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(5), {.transfer_syntax_uid = "1.2.840.10008.1.2.4.80"});
  std::vector<InputFile> files = in_memory(paths);
  auto broken = std::make_shared<FileBytes>(*files[2].memory);
  // Within the stream, behind its header.
  for (size_t i = broken->bytes.size() - 200; i < broken->bytes.size() - 100; ++i) broken->bytes[i] = 0xff;
  files[2] = {"item 2", broken};
  CHECK(code_of([&] { read(files); }) == "CORRUPT_FILE");
  // A whole copy takes its place.
  files.push_back(in_memory("copy", paths[2]));
  CHECK(read(files).report.slices[2].file == "copy");
}

TEST_CASE("frames that are mixed into several slices wait for all of them") {
  const TempFolder folder;
  auto paths = write_series(folder, make_volume(60));
  for (const std::ptrdiff_t gone : {50, 41, 22, 21, 3}) {
    fs::remove(paths[static_cast<size_t>(gone)]);
    paths.erase(paths.begin() + gone);
  }
  const ReadSeriesOptions options{.interpolate_gaps = true};
  CHECK(ints(read(in_memory(paths), options).volume) == ints(read(folder / "s", options).volume));
}

TEST_CASE("what waits in memory has a limit, and files have one") {
  const TempFolder folder;
  const auto files = in_memory(write_series(folder, make_volume(6)));
  const int64_t slice = 2 * 33 * 17;
  const auto code_with = [&](IntakeLimits limits, const std::string& series = {}) {
    return code_of([&] {
      Run run;
      SeriesIntake intake(series, limits);
      intake.add(files, run);
    });
  };
  CHECK(code_with({.most_held_bytes = 6 * slice}) == "none");
  CHECK(code_with({.most_held_bytes = 6 * slice - 1}) == "INPUT_TOO_LARGE");
  CHECK(code_with({.most_held_bytes = 1}, "1.2.3") == "none");
  CHECK(code_with({.most_files = 6}) == "none");
  CHECK(code_with({.most_files = 5}) == "TOO_MANY_FILES");
}
