// Folders and files that may not be read: slices may be in them, so that they are never passed over in silence.
#include <sys/wait.h>
#include <unistd.h>

#include "dicom/find_files.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// What `check` says in a process that file permissions bind: root's they do not. Empty: all is well.
std::string as_other_user(const std::function<std::string()>& check) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string said;
    if (getuid() == 0 && setuid(65534) != 0) {
      said = "cannot become another user";
    } else {
      try {
        said = check();
      } catch (const std::exception& error) {
        said = error.what();
      }
    }
    _exit(write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t count = 0; (count = ::read(ends[0], buffer, sizeof(buffer))) > 0;) said.append(buffer, count);
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 0);
  return said;
}

// A series whose last three slices lie in a folder of their own.
struct SplitSeries {
  SplitSeries() {
    fs::permissions(folder.str(), fs::perms(0755));
    const auto paths = write_series(folder, make_volume(6));
    fs::create_directory(inner);
    for (size_t i = 3; i < 6; ++i) fs::rename(paths[i], inner + "/" + std::to_string(i) + ".dcm");
  }
  ~SplitSeries() { fs::permissions(inner, fs::perms(0755)); }

  TempFolder folder;
  std::string outer = folder / "s";
  std::string inner = folder / "s/more";
};

// Threads do not go along into the process of `as_other_user`.
std::string describe(const std::string& path) {
  Run run;
  run.threads = 1;
  const SeriesVolume series = read_series({path}, {}, run);
  std::string text = std::to_string(series.volume.geometry.size[2]);
  for (const ExcludedFile& file : series.report.excluded) text += " " + file.code + " " + file.file;
  for (const Warning& warning : run.warnings()) text += " " + warning.code;
  return text;
}

}  // namespace

TEST_CASE("a subfolder that may not be read is excluded by name, and warned of") {
  const SplitSeries series;
  CHECK(describe(series.outer) == "6");
  fs::permissions(series.inner, fs::perms::none);
  const std::string said = as_other_user([&] { return describe(series.outer); });
  CHECK(said == "3 UNREADABLE_FILE " + series.inner + " DAMAGED_FILES FEW_SLICES");
}

TEST_CASE("a file without an ending that may not be read is warned of") {
  const SplitSeries series;
  const std::string file = series.outer + "/IM5";
  fs::rename(series.inner + "/5.dcm", file);
  fs::permissions(file, fs::perms::none);
  const std::string said = as_other_user([&] { return describe(series.outer); });
  CHECK(said == "5 UNREADABLE_FILE " + file + " DAMAGED_FILES");
}

TEST_CASE("the folders beside and below one that may not be read are still searched") {
  const SplitSeries series;
  fs::create_directories(series.outer + "/deep/locked");
  fs::create_directories(series.outer + "/zz");
  fs::rename(series.inner + "/5.dcm", series.outer + "/zz/5.dcm");
  fs::permissions(series.outer + "/deep/locked", fs::perms::none);
  const std::string said = as_other_user([&] {
    Run run;
    const dicom::FoundFiles found = dicom::find_files({series.outer}, 100, run);
    return std::to_string(found.files.size()) + " " + std::to_string(found.excluded.size()) + " " +
           found.excluded.at(0).file;
  });
  fs::permissions(series.outer + "/deep/locked", fs::perms(0755));
  CHECK(said == "6 1 " + series.outer + "/deep/locked");
}

TEST_CASE("a folder that may not be read is not called empty") {
  const SplitSeries series;
  fs::permissions(series.inner, fs::perms::none);
  const std::string said = as_other_user([&] {
    const Error error = error_of(series.inner);
    return error.code + " " + error.file;
  });
  CHECK(said == "UNREADABLE_FILE " + series.inner);
}
