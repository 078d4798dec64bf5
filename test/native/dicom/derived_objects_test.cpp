// Objects made of findings: what they refer to where the source is multi-frame or has interpolated slices, and
// contours.
#include "dicom/objects/contours.h"
#include "dicom/objects/findings.h"
#include "dicom/objects/read_labels.h"
#include "dicom/objects/secondary_capture.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

// Every third voxel or so: single pixels, holes, diagonals, rows at the border.
Mask noise_mask(const Geometry& geometry, uint32_t seed) {
  Mask mask{geometry, std::vector<uint8_t>(static_cast<size_t>(geometry.voxel_count()))};
  for (uint8_t& voxel : mask.voxels) {
    seed = seed * 1664525u + 1013904223u;
    voxel = (seed >> 16) % 5 < 3 ? 1 : 0;
  }
  return mask;
}

Findings findings_of(const SeriesVolume& series) {
  Findings findings;
  findings.source = series.report.source;
  findings.structure_mask = std::make_shared<Mask>(noise_mask(series.volume.geometry, 7));
  findings.software_version = "test";
  return findings;
}

std::string write_object(const TempFolder& folder, const EncodedObject& object) {
  const std::string path = folder / "object.dcm";
  write_text(path, std::string(object.bytes.begin(), object.bytes.end()));
  return path;
}

DcmItem& source_image(DcmDataset& dataset, long frame) {
  DcmItem* groups = nullptr;
  REQUIRE(dataset.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, frame).good());
  DcmItem* derivation = nullptr;
  REQUIRE(groups->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation, 0).good());
  DcmItem* image = nullptr;
  REQUIRE(derivation->findAndGetSequenceItem(DCM_SourceImageSequence, image, 0).good());
  return *image;
}

// Pixels whose centres lie inside, by the even-odd rule.
std::vector<uint8_t> filled(const std::vector<dicom::Contour>& contours, int64_t width, int64_t height) {
  std::vector<uint8_t> inside(static_cast<size_t>(width * height));
  for (const dicom::Contour& contour : contours) {
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        bool odd = false;
        for (size_t i = 0; i < contour.size(); ++i) {
          const auto& a = contour[i];
          const auto& b = contour[(i + 1) % contour.size()];
          const auto at = static_cast<double>(y);
          if ((a[1] <= at) == (b[1] <= at)) continue;
          odd ^= a[0] + (at - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) > static_cast<double>(x);
        }
        inside[static_cast<size_t>(y * width + x)] ^= odd ? 1 : 0;
      }
    }
  }
  return inside;
}

}  // namespace

TEST_CASE("contours of any mask enclose its pixels' centres and no others, also at the border") {
  Geometry geometry;
  geometry.size = {33, 17, 1};
  for (uint32_t seed = 1; seed < 40; ++seed) {
    const Mask mask = noise_mask(geometry, seed);
    const auto inside = [&](int64_t x, int64_t y) { return mask.voxels[static_cast<size_t>(y * 33 + x)] != 0; };
    CHECK(filled(dicom::keyhole_contours(33, 17, inside), 33, 17) == mask.voxels);
  }
  CHECK(dicom::keyhole_contours(5, 5, [](int64_t, int64_t) { return false; }).empty());
  CHECK(dicom::keyhole_contours(5, 5, [](int64_t, int64_t) { return true; }).size() == 1);
}

TEST_CASE("a segmentation of a multi-frame object names its frames, and is read back") {
  const TempFolder folder;
  write_enhanced_ct(make_volume(5), folder / "enhanced.dcm", {});
  const SeriesVolume series = read(folder / "enhanced.dcm");
  const Findings findings = findings_of(series);
  Run run;
  for (const EncodedObject& object : {make_segmentation(findings, run), make_structure_set(findings, run)}) {
    const std::string path = write_object(folder, object);
    const LabelledMask labels = read_dicom_labels(path, series.report.source, series.volume.geometry, {}, run);
    CHECK(labels.mask.voxels == findings.structure_mask->voxels);
  }
  DcmFileFormat file;
  REQUIRE(file.loadFile(write_object(folder, make_segmentation(findings, run)).c_str()).good());
  for (long frame = 0; frame < 5; ++frame) {
    OFString number;
    REQUIRE(source_image(*file.getDataset(), frame).findAndGetOFString(DCM_ReferencedFrameNumber, number).good());
    CHECK(std::string(number.c_str()) == std::to_string(frame + 1));
  }
}

TEST_CASE("a secondary capture of one slice has no pages, of several it says which slice each is") {
  const TempFolder folder;
  write_series(folder, make_volume(5));
  const SeriesVolume series = read(folder / "s");
  const auto pages_of = [&](const std::vector<int64_t>& slices) {
    Run run;
    const SlicePictures pictures{4, 3, slices, std::vector<uint8_t>(slices.size() * 4 * 3 * 3)};
    const EncodedObject object = make_secondary_capture(findings_of(series), pictures, run);
    DcmFileFormat file;
    REQUIRE(file.loadFile(write_object(folder, object).c_str()).good());
    OFString pages;
    const bool has_pages = file.getDataset()->findAndGetOFStringArray(DCM_PageNumberVector, pages).good();
    CHECK(has_pages == file.getDataset()->tagExists(DCM_FrameIncrementPointer));
    return std::string(pages.c_str());
  };
  CHECK(pages_of({2}).empty());
  CHECK(pages_of({1, 3}) == "2\\4");
}

TEST_CASE("a slice that was interpolated refers to both of its images, and keeps its place") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(6));
  fs::remove(files[3]);
  const SeriesVolume series = read(folder / "s", {.interpolate_gaps = true});
  const Findings findings = findings_of(series);
  Run run;
  const std::string path = write_object(folder, make_segmentation(findings, run));
  DcmFileFormat file;
  REQUIRE(file.loadFile(path.c_str()).good());
  DcmItem* groups = nullptr;
  REQUIRE(file.getDataset()->findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, 3).good());
  DcmItem* derivation = nullptr;
  REQUIRE(groups->findAndGetSequenceItem(DCM_DerivationImageSequence, derivation, 0).good());
  DcmSequenceOfItems* images = nullptr;
  REQUIRE(derivation->findAndGetSequence(DCM_SourceImageSequence, images).good());
  CHECK(images->card() == 2);
  const LabelledMask labels = read_dicom_labels(path, series.report.source, series.volume.geometry, {}, run);
  CHECK(labels.mask.voxels == findings.structure_mask->voxels);
}

TEST_CASE("a fractional segmentation is inside from half of its maximum on") {
  const TempFolder folder;
  const std::vector<std::string> files = write_series(folder, make_volume(2));
  const SeriesVolume series = read(folder / "s");
  Findings findings = findings_of(series);
  Run run;
  const std::string path = write_object(folder, make_segmentation(findings, run));
  const auto pixels = static_cast<size_t>(series.volume.geometry.voxel_count());
  edit_file(path, [&](DcmDataset& dataset) {
    std::vector<Uint8> fractions(pixels + pixels % 2);
    for (size_t i = 0; i < pixels; ++i) fractions[i] = static_cast<Uint8>(i % 201);
    set(dataset, DCM_SegmentationType, "FRACTIONAL");
    dataset.putAndInsertUint16(DCM_MaximumFractionalValue, 200);
    dataset.putAndInsertUint16(DCM_BitsAllocated, 8);
    dataset.putAndInsertUint16(DCM_BitsStored, 8);
    dataset.putAndInsertUint16(DCM_HighBit, 7);
    dataset.putAndInsertUint8Array(DCM_PixelData, fractions.data(), static_cast<unsigned long>(fractions.size()));
  });
  const LabelledMask labels = read_dicom_labels(path, series.report.source, series.volume.geometry, {}, run);
  for (size_t i = 0; i < pixels; ++i) REQUIRE(labels.mask.voxels[i] == (i % 201 >= 100 ? 1 : 0));
}

TEST_CASE("a label map gives each voxel its segment") {
  const TempFolder folder;
  write_series(folder, make_volume(2));
  const SeriesVolume series = read(folder / "s");
  Run run;
  const std::string path = write_object(folder, make_segmentation(findings_of(series), run));
  const auto pixels = static_cast<size_t>(series.volume.geometry.voxel_count());
  edit_file(path, [&](DcmDataset& dataset) {
    std::vector<Uint8> values(pixels + pixels % 2);
    for (size_t i = 0; i < pixels; ++i) values[i] = static_cast<Uint8>(i % 3);
    set(dataset, DCM_SegmentationType, "LABELMAP");
    DcmItem* second = nullptr;
    REQUIRE(dataset.findOrCreateSequenceItem(DCM_SegmentSequence, second, -2).good());
    second->putAndInsertUint16(DCM_SegmentNumber, 2);
    second->putAndInsertString(DCM_SegmentLabel, "second");
    dataset.putAndInsertUint16(DCM_BitsAllocated, 8);
    dataset.putAndInsertUint16(DCM_BitsStored, 8);
    dataset.putAndInsertUint16(DCM_HighBit, 7);
    dataset.putAndInsertUint8Array(DCM_PixelData, values.data(), static_cast<unsigned long>(values.size()));
  });
  const LabelledMask all = read_dicom_labels(path, series.report.source, series.volume.geometry, {}, run);
  const LabelledMask second = read_dicom_labels(path, series.report.source, series.volume.geometry, {"second"}, run);
  for (size_t i = 0; i < pixels; ++i) {
    REQUIRE(all.mask.voxels[i] == i % 3);
    REQUIRE(second.mask.voxels[i] == (i % 3 == 2 ? 1 : 0));
  }
}
