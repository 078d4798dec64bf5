#include "training/tasks/lesions/read_case.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "../training/lesion_scans.h"
#include "core/error.h"
#include "nifti/nifti.h"
#include "pipelines/file_case_reader.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

// A scan whose label holds the liver as 1 and its lesion as 2, in a folder of its own.
class LesionFolder {
 public:
  LesionFolder() {
    std::string name = (fs::temp_directory_path() / "hepatica-lesion-case-XXXXXX").string();
    path_ = mkdtemp(name.data());
    const LesionSource source = lesion_source("p", 20);
    Mask label = source.liver;
    for (size_t i = 0; i < label.voxels.size(); ++i) label.voxels[i] += source.types.voxels[i] > 0;
    lesion_.patient = "p";
    lesion_.image = path_ + "/image.nii.gz";
    lesion_.label = path_ + "/label.nii.gz";
    lesion_.liver_values = {1};
    lesion_.lesion_values = {{2, LesionType::kUnknown}};
    write_nifti(lesion_.image, source.volume);
    write_nifti(lesion_.label, label);
  }
  ~LesionFolder() { fs::remove_all(path_); }
  const LesionCase& lesion_case() const { return lesion_; }

 private:
  std::string path_;
  LesionCase lesion_;
};

std::string code_of(const LesionCase& lesion_case) {
  Run run;
  try {
    read_lesion_case(lesion_case, FileCaseReader(), 3, run);
  } catch (const Error& error) {
    return error.code;
  }
  return "nothing thrown";
}

int64_t count(const Mask& mask, uint8_t value) { return std::count(mask.voxels.begin(), mask.voxels.end(), value); }

}  // namespace

TEST_CASE("lesions of a label are part of the liver, and have the types that its values are given") {
  const LesionFolder folder;
  Run run;
  const LesionSource expected = lesion_source("p", 20);
  const LesionSource source = read_lesion_case(folder.lesion_case(), FileCaseReader(), 3, run);
  CHECK(source.liver.voxels == expected.liver.voxels);
  CHECK(count(source.types, 5) == count(expected.types, 3));
  LesionCase typed = folder.lesion_case();
  typed.lesion_values[0].type = LesionType::kCyst;
  CHECK(count(read_lesion_case(typed, FileCaseReader(), 3, run).types, 1) == count(expected.types, 3));
}

TEST_CASE("polygons mark lesions and the liver too") {
  const LesionFolder folder;
  LesionCase drawn = folder.lesion_case();
  drawn.label.clear();
  LabelPolygon liver;
  liver.slice = 2;
  liver.points = {10, 10, 30, 10, 30, 30, 10, 30};
  LesionPolygon lesion;
  lesion.slice = 2;
  lesion.points = {20, 20, 24, 20, 24, 24, 20, 24};
  lesion.type = LesionType::kHaemangioma;
  drawn.liver_polygons = {liver};
  drawn.lesion_polygons = {lesion};
  Run run;
  const LesionSource source = read_lesion_case(drawn, FileCaseReader(), 0, run);
  // One slice on each side of the liver's is kept.
  CHECK(source.volume.geometry.size[2] == 3);
  CHECK(source.volume.geometry.origin_mm[2] == doctest::Approx(5));
  CHECK(count(source.types, 2) == 25);
  CHECK(count(source.liver, 1) == 21 * 21);
}

TEST_CASE("labels that mark nothing are refused") {
  const LesionFolder folder;
  LesionCase c = folder.lesion_case();
  c.lesion_values = {{7, LesionType::kHcc}};
  CHECK(code_of(c) == "EMPTY_LABEL");
  c = folder.lesion_case();
  c.liver_values = {9};
  c.lesion_values.clear();
  CHECK(code_of(c) == "EMPTY_LABEL");
}
