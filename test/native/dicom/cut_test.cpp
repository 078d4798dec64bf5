// A file cut anywhere in its header, between two elements too, is damaged: never a series or a patient of its own.
#include <dcmtk/dcmdata/dcistrmf.h>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// Where the elements of a file end, by DCMTK's own writer: the length of the file that holds the first n elements.
std::vector<uintmax_t> element_ends(const std::string& path, E_TransferSyntax syntax) {
  std::vector<uintmax_t> ends;
  DcmFileFormat whole;
  REQUIRE(whole.loadFile(path.c_str()).good());
  const TempFolder folder;
  const std::string part = folder / "part.dcm";
  const unsigned long elements = whole.getDataset()->card();
  for (unsigned long keep = 1; keep < elements; ++keep) {
    DcmFileFormat file;
    REQUIRE(file.loadFile(path.c_str()).good());
    DcmDataset& dataset = *file.getDataset();
    while (dataset.card() > keep) delete dataset.remove(dataset.card() - 1);
    REQUIRE(file.saveFile(part.c_str(), syntax, EET_ExplicitLength, EGL_withoutGL, EPD_withoutPadding, 0, 0,
                          EWM_dontUpdateMeta)
                .good());
    ends.push_back(fs::file_size(part));
  }
  return ends;
}

}  // namespace

TEST_CASE("cut at every element boundary of its header, in two syntaxes") {
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit}) {
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume(6));
    for (const std::string& path : paths)
      edit_file(
          path, [](DcmDataset&) {}, syntax);
    const std::string last = paths.back();
    const std::string whole = folder / "whole.dcm";
    fs::copy(last, whole);
    const std::vector<uintmax_t> ends = element_ends(last, syntax);
    REQUIRE(ends.size() > 20);
    int excluded = 0;
    int refused = 0;
    for (const uintmax_t end : ends) {
      for (const uintmax_t beyond : {0, 3}) {
        CAPTURE(end + beyond);
        fs::copy(whole, last, fs::copy_options::overwrite_existing);
        fs::resize_file(last, end + beyond);
        CHECK(error_of(last).code == "CORRUPT_FILE");
        Run run;
        try {
          const SeriesVolume series = read_series({folder / "s"}, {}, run);
          CHECK(series.volume.geometry.size[2] == 5);
          CHECK(has_code(series.report.excluded, last, "CORRUPT_FILE"));
          CHECK(has_code(run.warnings(), "DAMAGED_FILES"));
          ++excluded;
        } catch (const Error& error) {
          CHECK(error.code == "CORRUPT_FILE");
          CHECK(error.file == last);
          ++refused;
        }
      }
    }
    CHECK(excluded > 0);  // before the series is told
    CHECK(refused > 0);   // from there on
  }
}

TEST_CASE("a file that should be a slice by its name and is none is warned of; other files are only listed") {
  const TempFolder folder;
  write_series(folder, make_volume(6));
  write_text(folder / "s/notes.txt", "text");
  write_text(folder / "s/.keep", "");
  Run quiet;
  CHECK(read_series({folder / "s"}, {}, quiet).report.excluded.size() == 2);
  CHECK_FALSE(has_code(quiet.warnings(), "DAMAGED_FILES"));
  write_text(folder / "s/IM99.dcm", "");
  Run run;
  read_series({folder / "s"}, {}, run);
  CHECK(has_code(run.warnings(), "DAMAGED_FILES"));
}

TEST_CASE("slices that are missing because a file is damaged are told with that file") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(6));
  fs::resize_file(paths[2], 150);
  const Error error = error_of(folder / "s");
  CHECK(error.code == "MISSING_SLICE");
  CHECK(std::string(error.what()).find(paths[2]) != std::string::npos);
  fs::remove(paths[2]);
  CHECK(std::string(error_of(folder / "s").what()).find("cannot be read") == std::string::npos);
}
