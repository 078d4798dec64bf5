// Labels that can be put on a scan though they may not be its own, or not whole: told, or refused.
#include <array>

#include "dicom/objects/findings.h"
#include "dicom/objects/read_labels.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

using Make = EncodedObject (*)(const Findings&, Run&);
constexpr std::array<Make, 2> kMakers = {make_segmentation, make_structure_set};

// A box of five slices.
Mask box_mask(const Geometry& geometry) {
  Mask mask{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  for (int64_t z = 1; z < 6; ++z) {
    for (int64_t y = 4; y < 11; ++y) std::fill_n(mask.slice(z) + y * geometry.size[0] + 5, 12, uint8_t{1});
  }
  return mask;
}

std::string write_labels(const TempFolder& folder, const SeriesVolume& series, const Mask& mask, Make make) {
  Findings findings;
  findings.source = series.report.source;
  findings.structure_mask = std::make_shared<Mask>(mask);
  findings.software_version = "test";
  Run run;
  const EncodedObject object = make(findings, run);
  const std::string path = folder / "object.dcm";
  write_text(path, std::string(object.bytes.begin(), object.bytes.end()));
  return path;
}

struct Read {
  std::vector<uint8_t> voxels;
  std::vector<Warning> warnings;
};

Read read_labels(const std::string& path, const SeriesVolume& series) {
  Run run;
  const LabelledMask labels = read_dicom_labels(path, series.report.source, series.volume.geometry, {}, run);
  return {labels.mask.voxels, run.warnings()};
}

std::string code_of_labels(const std::string& path, const SeriesVolume& series) {
  try {
    read_labels(path, series);
  } catch (const Error& error) {
    return error.code;
  }
  return "none";
}

}  // namespace

TEST_CASE("labels of another phase of the series are put on by position, and that is told") {
  const TempFolder folder;
  for (const char* phase : {"1", "2"}) {
    const auto files = write_series(folder, make_volume(7), {}, std::string("s/") + phase);
    edit_files(files, [&](DcmDataset& dataset, size_t z) {
      set(dataset, DCM_AcquisitionNumber, phase);
      set(dataset, DCM_SOPInstanceUID, std::string("1.2.3.") + phase + "." + std::to_string(z + 1));
      set(dataset, DCM_RescaleIntercept, std::string("-102") + phase);
    });
  }
  const SeriesVolume first = read(folder / "s", {.phase = 0});
  const SeriesVolume second = read(folder / "s", {.phase = 1});
  const Mask mask = box_mask(first.volume.geometry);
  for (const Make make : kMakers) {
    const std::string path = write_labels(folder, first, mask, make);
    const Read own = read_labels(path, first);
    const Read other = read_labels(path, second);
    CHECK(own.voxels == mask.voxels);
    CHECK(own.warnings.empty());
    CHECK(other.voxels == mask.voxels);
    CHECK(has_code(other.warnings, "LABEL_SOURCE_UNSURE"));
  }
}

TEST_CASE("labels of slices that share a UID are put on by position") {
  const TempFolder folder;
  edit_files(write_series(folder, make_volume(7)),
             [](DcmDataset& dataset, size_t z) { set(dataset, DCM_SOPInstanceUID, z < 5 ? "1.2.3.4" : "1.2.3.5"); });
  const SeriesVolume series = read(folder / "s");
  const Mask mask = box_mask(series.volume.geometry);
  for (const Make make : kMakers)
    CHECK(read_labels(write_labels(folder, series, mask, make), series).voxels == mask.voxels);
}

TEST_CASE("labels that name no images are told of, and refused in another frame of reference") {
  const TempFolder folder;
  write_series(folder, make_volume(7));
  const SeriesVolume series = read(folder / "s");
  const Mask mask = box_mask(series.volume.geometry);
  for (const Make make : kMakers) {
    const bool is_segmentation = make == make_segmentation;
    for (const char* frame : {"", "own", "1.2.3.4"}) {
      const std::string path = write_labels(folder, series, mask, make);
      edit_file(path, [&](DcmDataset& dataset) {
        DcmItem* place = &dataset;
        if (!is_segmentation) {
          REQUIRE(dataset.findAndGetSequenceItem(DCM_ReferencedFrameOfReferenceSequence, place, 0).good());
        }
        delete place->remove(is_segmentation ? DCM_ReferencedSeriesSequence : DCM_RTReferencedStudySequence);
        if (std::string(frame) != "own") place->putAndInsertString(DCM_FrameOfReferenceUID, frame);
      });
      CAPTURE(is_segmentation);
      CAPTURE(frame);
      if (std::string(frame) == "1.2.3.4") {
        CHECK(code_of_labels(path, series) == "LABEL_OF_OTHER_SERIES");
        continue;
      }
      const Read labels = read_labels(path, series);
      CHECK(labels.voxels == mask.voxels);
      CHECK(has_code(labels.warnings, "LABEL_SOURCE_UNSURE"));
    }
  }
}

TEST_CASE("a structure that is left out on slices between others is told of, and two structures apart are not") {
  const TempFolder folder;
  write_series(folder, make_volume(9));
  const SeriesVolume series = read(folder / "s");
  const Mask whole = box_mask(series.volume.geometry);
  const auto without = [&](const std::vector<int64_t>& slices) {
    Mask mask = whole;
    for (const int64_t z : slices) std::fill_n(mask.slice(z), mask.geometry.slice_pixels(), uint8_t{0});
    return mask;
  };
  Mask apart = without({3});
  for (const int64_t z : {int64_t{4}, int64_t{5}}) {
    std::fill_n(apart.slice(z), apart.geometry.slice_pixels(), uint8_t{0});
    std::fill_n(apart.slice(z), 20, uint8_t{1});
  }
  const std::pair<Mask, bool> masks[] = {
      {whole, false}, {without({2, 4}), true}, {without({3}), true}, {without({1, 5}), false}, {apart, false}};
  for (const Make make : kMakers) {
    for (const auto& [mask, has_gaps] : masks) {
      const Read labels = read_labels(write_labels(folder, series, mask, make), series);
      CHECK(labels.voxels == mask.voxels);
      CHECK(has_code(labels.warnings, "LABEL_GAPS") == has_gaps);
    }
  }
}

TEST_CASE("a segmentation that tells of fewer frames than it has is damaged") {
  const TempFolder folder;
  write_series(folder, make_volume(7));
  const SeriesVolume series = read(folder / "s");
  const std::string path = write_labels(folder, series, box_mask(series.volume.geometry), make_segmentation);
  CHECK(code_of_labels(path, series) == "none");
  edit_file(path, [](DcmDataset& dataset) {
    DcmSequenceOfItems* frames = nullptr;
    REQUIRE(dataset.findAndGetSequence(DCM_PerFrameFunctionalGroupsSequence, frames).good());
    delete frames->remove(frames->card() - 1);
  });
  CHECK(code_of_labels(path, series) == "CORRUPT_FILE");
}
