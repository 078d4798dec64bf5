#include "training/data/structure_case.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "../dicom/series_fixture.h"
#include "../training/synthetic_scans.h"
#include "core/error.h"
#include "nifti/nifti.h"
#include "pipelines/file_case_reader.h"

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

  StructureCase write(const LabelledScan& scan) const {
    StructureCase training_case;
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

std::string code_of(const StructureCase& training_case) {
  Run run;
  try {
    read_structure_case(training_case, FileCaseReader(), run);
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
  StructureCase training_case = folder.write(scan);
  Run run;
  const auto count = [&] {
    const Mask label = read_structure_case(training_case, FileCaseReader(), run).label;
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
  StructureCase training_case = folder.write(ball_scan(0));
  training_case.label.clear();
  LabelPolygon square;
  square.slice = 2;
  square.points = {10, 10, 14, 10, 14, 14, 10, 14};
  training_case.polygons = {square};
  Run run;
  const Mask label = read_structure_case(training_case, FileCaseReader(), run).label;
  CHECK(std::count(label.voxels.begin(), label.voxels.end(), 1) == 25);
  training_case.polygons[0].slice = -1;
  training_case.polygons[0].sop_instance_uid = "1.2.3";
  CHECK(code_of(training_case) == "LABEL_GEOMETRY_MISMATCH");
}

namespace {

// A scan of 6 slices as a DICOM series, with what a mask of the same voxels is made of.
struct SeriesCase {
  TempFolder folder;
  Volume scan = make_volume(6, 16, 12);
  Volume mask;
  StructureCase training_case;
  std::vector<std::string> mask_files;

  SeriesCase() {
    mask.geometry = scan.geometry;
    std::vector<int16_t> labels(static_cast<size_t>(scan.geometry.voxel_count()), 0);
    for (size_t i = 200; i < 300; ++i) labels[i] = 1;
    for (size_t i = 300; i < 350; ++i) labels[i] = 2;
    mask.hu = labels;
    training_case.patient = "p";
    training_case.image = folder / "image";
    training_case.label = folder / "mask";
    write_series(folder, scan, {}, "image");
    mask_files = write_series(folder, mask, {.patient_id = "MASK"}, "mask");
  }

  // Stored values 0, 1 and 2 in unsigned cells, as most programs write masks.
  void store_plain_labels(const std::string& slope, const std::string& intercept) {
    const auto& labels = ints(mask);
    const auto pixels = static_cast<size_t>(mask.geometry.slice_pixels());
    edit_files(mask_files, [&](DcmDataset& dataset, size_t z) {
      const auto first = labels.begin() + static_cast<std::ptrdiff_t>(z * pixels);
      set_cells(dataset, std::vector<uint16_t>(first, first + static_cast<std::ptrdiff_t>(pixels)), 16, false);
      set(dataset, DCM_RescaleSlope, slope);
      set(dataset, DCM_RescaleIntercept, intercept);
    });
  }

  void check_labels() {
    Run run;
    const auto voxels_of = [&](std::vector<int> values) {
      training_case.label_values = std::move(values);
      const Mask label = read_structure_case(training_case, FileCaseReader(), run).label;
      return std::count(label.voxels.begin(), label.voxels.end(), 1);
    };
    CHECK(voxels_of({}) == 150);
    CHECK(voxels_of({1}) == 100);
    CHECK(voxels_of({2}) == 50);
  }
};

}  // namespace

TEST_CASE("a mask series is a label, as its stored or its rescaled values say") {
  SeriesCase series;
  SUBCASE("rescaled") {}
  SUBCASE("stored as they are") { series.store_plain_labels("1", "0"); }
  SUBCASE("under the scan's own rescale, which its header was copied from") { series.store_plain_labels("1", "-1024"); }
  SUBCASE("without rescale") {
    series.store_plain_labels("1", "0");
    edit_files(series.mask_files, [](DcmDataset& dataset, size_t) {
      dataset.findAndDeleteElement(DCM_RescaleSlope);
      dataset.findAndDeleteElement(DCM_RescaleIntercept);
    });
  }
  SUBCASE("with a background that is said to be padding") {
    series.store_plain_labels("1", "0");
    edit_files(series.mask_files,
               [](DcmDataset& dataset, size_t) { dataset.putAndInsertUint16(DCM_PixelPaddingValue, 0); });
  }
  series.check_labels();
}

TEST_CASE("a series that is no mask, or one of other slices, is no label") {
  SeriesCase series;
  SUBCASE("the scan itself") {
    series.training_case.label = series.training_case.image;
    CHECK(code_of(series.training_case) == "INVALID_VALUE");
  }
  SUBCASE("a slice less") {
    fs::remove(series.mask_files.back());
    CHECK(code_of(series.training_case) == "LABEL_GEOMETRY_MISMATCH");
  }
  SUBCASE("a slice missing within") {
    fs::remove(series.mask_files[1]);
    CHECK(code_of(series.training_case) == "MISSING_SLICE");
  }
}

TEST_CASE("polygons find their slices by UID, whatever the order of the files") {
  SeriesCase series;
  Run run;
  const SeriesVolume read = read_series({series.training_case.image}, {}, run);
  LabelPolygon square;
  square.slice = 0;
  square.sop_instance_uid = read.report.slices[2].sop_instance_uid;
  square.points = {3, 4, 6, 4, 6, 7, 3, 7};
  series.training_case.label.clear();
  series.training_case.polygons = {square};
  const Mask label = read_structure_case(series.training_case, FileCaseReader(), run).label;
  const auto pixels = label.geometry.slice_pixels();
  for (int64_t z = 0; z < 6; ++z) {
    const auto first = label.voxels.begin() + z * pixels;
    CHECK(std::count(first, first + pixels, 1) == (z == 2 ? 16 : 0));
  }
}
