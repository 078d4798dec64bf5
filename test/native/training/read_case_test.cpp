#include "training/read_case.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "nifti/nifti.h"
#include "synthetic_scans.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

class CaseFolder {
 public:
  CaseFolder() {
    std::string name = (fs::temp_directory_path() / "hepatica-case-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~CaseFolder() { fs::remove_all(path_); }

  TrainingCase write(const LabelledScan& scan) const {
    TrainingCase training_case;
    training_case.patient = "p";
    training_case.image = path_ + "/image.nii.gz";
    training_case.label = path_ + "/label.nii.gz";
    write_nifti(training_case.image, scan.volume);
    write_nifti(training_case.label, scan.label);
    return training_case;
  }

 private:
  std::string path_;
};

std::string code_of(const TrainingCase& training_case) {
  Run run;
  try {
    read_case(training_case, run);
  } catch (const Error& error) {
    return error.code;
  }
  return "nothing thrown";
}

}  // namespace

TEST_CASE("label values choose what counts as the structure") {
  const CaseFolder folder;
  LabelledScan scan = ball_scan(0);
  const auto inside = std::count(scan.label.voxels.begin(), scan.label.voxels.end(), 1);
  scan.label.voxels[0] = 2;
  TrainingCase training_case = folder.write(scan);
  Run run;
  const auto count = [&] {
    const Mask label = read_case(training_case, run).label;
    return std::count(label.voxels.begin(), label.voxels.end(), 1);
  };
  CHECK(count() == inside + 1);
  training_case.label_values = {2};
  CHECK(count() == 1);
  training_case.label_values = {3};
  CHECK(code_of(training_case) == "EMPTY_LABEL");
}

TEST_CASE("a label on other voxels is refused") {
  const CaseFolder folder;
  LabelledScan scan = ball_scan(0);
  scan.label.geometry.origin_mm[2] += 2.5;
  CHECK(code_of(folder.write(scan)) == "LABEL_GEOMETRY_MISMATCH");
  scan = ball_scan(0);
  scan.label.geometry.spacing_mm[0] = 1.9;
  CHECK(code_of(folder.write(scan)) == "LABEL_GEOMETRY_MISMATCH");
}

TEST_CASE("polygons are a label too") {
  const CaseFolder folder;
  TrainingCase training_case = folder.write(ball_scan(0));
  training_case.label.clear();
  LabelPolygon square;
  square.slice = 2;
  square.points = {10, 10, 14, 10, 14, 14, 10, 14};
  training_case.polygons = {square};
  Run run;
  const Mask label = read_case(training_case, run).label;
  CHECK(std::count(label.voxels.begin(), label.voxels.end(), 1) == 25);
  training_case.polygons[0].slice = -1;
  training_case.polygons[0].sop_instance_uid = "1.2.3";
  CHECK(code_of(training_case) == "LABEL_GEOMETRY_MISMATCH");
}
