// Enhanced multi-frame CT (case 35), and real multi-frame objects as fixtures of the decoder.
#include <dcmtk/dcmdata/dcsequen.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "dicom/assemble.h"
#include "dicom/decode.h"
#include "dicom/header.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

DcmItem& frame_item(DcmDataset& dataset, unsigned long frame, const DcmTagKey& sequence) {
  DcmItem* groups = nullptr;
  REQUIRE(
      dataset.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, groups, static_cast<long>(frame)).good());
  DcmItem* item = nullptr;
  REQUIRE(groups->findOrCreateSequenceItem(sequence, item, 0).good());
  return *item;
}

std::vector<uint8_t> decode_all(const std::string& path) {
  const dicom::HeaderResult header = dicom::read_header(path);
  REQUIRE(header.object);
  std::vector<dicom::FrameRef> frames;
  for (int i = 0; i < static_cast<int>(header.object->frames.size()); ++i) frames.push_back({header.object.get(), i});
  Run run;
  const dicom::PixelSources sources = dicom::open_pixel_sources(frames, run);
  std::vector<uint8_t> all;
  for (const dicom::FrameRef& frame : frames) {
    std::vector<uint8_t> cells;
    CHECK(dicom::decode_frame(frame, sources, cells).bytes == 2);
    all.insert(all.end(), cells.begin(), cells.end());
  }
  return all;
}

}  // namespace

TEST_CASE("case 35: an enhanced object is read like the series of its frames") {
  const TempFolder folder;
  const Volume written = make_volume();
  const std::string path = folder / "enhanced.dcm";
  write_enhanced_ct(written, path, {});
  const SeriesVolume series = read(path);
  CHECK(ints(series.volume) == ints(written));
  CHECK(series.volume.geometry == written.geometry);
  REQUIRE(series.report.slices.size() == 6);
  CHECK(series.report.slices[0].frame == 1);
  CHECK(series.report.slices[5].frame == 6);
}

TEST_CASE("case 35: frames are ordered by position and rescaled each by its own functional group") {
  const TempFolder folder;
  const Volume written = make_volume(3);
  const std::string path = folder / "enhanced.dcm";
  write_enhanced_ct(written, path, {});
  edit_file(path, [](DcmDataset& dataset) {
    for (unsigned long frame = 0; frame < 3; ++frame) {
      DcmItem& plane = frame_item(dataset, frame, DCM_PlanePositionSequence);
      const std::string position = "0\\0\\" + std::to_string(10 - 2 * static_cast<int>(frame));
      plane.putAndInsertString(DCM_ImagePositionPatient, position.c_str());
      DcmItem& rescale = frame_item(dataset, frame, DCM_PixelValueTransformationSequence);
      rescale.putAndInsertString(DCM_RescaleSlope, "1");
      rescale.putAndInsertString(DCM_RescaleIntercept, std::to_string(-1024 + static_cast<int>(frame)).c_str());
    }
  });
  const SeriesVolume series = read(path);
  CHECK(series.volume.geometry.spacing_mm[2] == doctest::Approx(2));
  CHECK(series.report.slices[0].frame == 3);
  const auto pixels = static_cast<size_t>(written.geometry.slice_pixels());
  for (size_t z = 0; z < 3; ++z) {
    const size_t frame = 2 - z;
    CHECK(ints(series.volume)[z * pixels + 5] == ints(written)[frame * pixels + 5] + static_cast<int>(frame));
  }
}

TEST_CASE("case 35: a legacy-converted object has its phases by attributes that no functional group has a place for") {
  const TempFolder folder;
  const Volume written = make_volume(8);
  const std::string path = folder / "legacy.dcm";
  write_enhanced_ct(written, path, {});
  edit_file(path, [](DcmDataset& dataset) {
    set(dataset, DCM_SOPClassUID, "1.2.840.10008.5.1.4.1.1.2.2");
    for (unsigned long frame = 0; frame < 8; ++frame) {
      DcmItem& plane = frame_item(dataset, frame, DCM_PlanePositionSequence);
      plane.putAndInsertString(DCM_ImagePositionPatient, ("0\\0\\" + std::to_string(3 * (frame % 4))).c_str());
      DcmItem& converted = frame_item(dataset, frame, DcmTagKey(0x0020, 0x9171));
      converted.putAndInsertString(DCM_AcquisitionNumber, frame < 4 ? "1" : "2");
    }
  });
  CHECK(error_of(path).code == "AMBIGUOUS_PHASE");
  const auto half = static_cast<std::ptrdiff_t>(4 * written.geometry.slice_pixels());
  for (const int phase : {0, 1}) {
    const SeriesVolume series = read(path, {.phase = phase});
    CHECK(
        std::ranges::equal(ints(series.volume), std::span(ints(written)).subspan(size_t(phase * half), size_t(half))));
    CHECK(series.report.slices.front().frame == 4 * phase + 1);
  }
}

TEST_CASE("case 35: the same checks hold for frames") {
  const TempFolder folder;
  const std::string path = folder / "enhanced.dcm";
  write_enhanced_ct(make_volume(4), path, {});
  SUBCASE("a gap") {
    edit_file(path, [](DcmDataset& dataset) {
      frame_item(dataset, 3, DCM_PlanePositionSequence)
          .putAndInsertString(DCM_ImagePositionPatient, "-100.5\\-90.25\\50");
    });
    CHECK(error_of(path).code == "MISSING_SLICE");
  }
  SUBCASE("no position") {
    edit_file(path, [](DcmDataset& dataset) {
      frame_item(dataset, 2, DCM_PlanePositionSequence).findAndDeleteElement(DCM_ImagePositionPatient);
    });
    CHECK(error_of(path).code == "MISSING_GEOMETRY");
  }
  SUBCASE("fewer functional groups than frames") {
    edit_file(path, [](DcmDataset& dataset) { set(dataset, DCM_NumberOfFrames, "5"); });
    CHECK(error_of(path).code == "CORRUPT_FILE");
  }
  SUBCASE("a frame count without end") {
    edit_file(path, [](DcmDataset& dataset) { set(dataset, DCM_NumberOfFrames, "2147483647"); });
    CHECK(error_of(path).code == "CORRUPT_FILE");
  }
  SUBCASE("phases by TemporalPositionIndex (case 6)") {
    edit_file(path, [](DcmDataset& dataset) {
      for (unsigned long frame = 0; frame < 4; ++frame) {
        const std::string position = "0\\0\\" + std::to_string(frame % 2);
        frame_item(dataset, frame, DCM_PlanePositionSequence)
            .putAndInsertString(DCM_ImagePositionPatient, position.c_str());
        frame_item(dataset, frame, DCM_FrameContentSequence)
            .putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(1 + frame / 2));
      }
    });
    CHECK(error_of(path).code == "AMBIGUOUS_PHASE");
    CHECK(read(path, {.phase = 1}).report.slices[0].frame == 3);
  }
}

TEST_CASE("real enhanced objects: raw, RLE, JPEG and JPEG-LS, fragmented or not, decode to the same cells") {
  const std::string folder = shared_data("multiframe");
  if (folder.empty()) return;
  const std::vector<uint8_t> raw = decode_all(folder + "/CT0012.explicit_little_endian.dcm");
  CHECK(raw.size() == 2 * 512 * 512 * 2);
  for (const char* name : {"not_fragmented_bot_rle", "not_fragmented_no_bot_rle", "fragmented_no_bot_jpeg_lossless.57",
                           "fragmented_no_bot_jpeg_lossless.70", "fragmented_no_bot_jpeg_ls.80",
                           "not_fragmented_bot_jpeg_ls.80", "not_fragmented_no_bot_jpeg_ls.80"}) {
    CAPTURE(name);
    CHECK(decode_all(folder + "/CT0012." + name + ".dcm") == raw);
  }
  for (const char* name : {"fragmented_no_bot_jpeg_baseline.51", "fragmented_no_bot_jpeg_ls.81"}) {
    CAPTURE(name);
    const std::string path = folder + "/CT0012." + name + ".dcm";
    const std::vector<uint8_t> lossy = decode_all(path);
    REQUIRE(lossy.size() == raw.size());
    // The JPEG file holds every cell 1023 higher than the others, whatever decodes it, though its header tells the
    // same intercept.
    const int shift = path.ends_with(".51.dcm") ? -1023 : 0;
    double difference = 0;
    for (size_t i = 0; i < raw.size(); i += 2) {
      difference += std::abs((lossy[i] | lossy[i + 1] << 8) + shift - (raw[i] | raw[i + 1] << 8));
    }
    CHECK(difference / (512 * 512 * 2) < 5);
  }
}

TEST_CASE("the real perfusion map is refused as a CT volume, its functional groups are understood") {
  const std::string folder = shared_data("multiframe");
  if (folder.empty()) return;
  const std::string path = folder + "/CT0012.explicit_little_endian.dcm";
  CHECK(error_of(path).code == "DERIVED_IMAGE");
  const dicom::HeaderResult header = dicom::read_header(path);
  REQUIRE(header.object->frames.size() == 2);
  for (const dicom::FrameHeader& frame : header.object->frames) {
    CHECK(frame.intercept == -1024);
    REQUIRE(frame.row_column_mm);
    CHECK((*frame.row_column_mm)[0] == 0.388672);
    REQUIRE(frame.orientation);
    CHECK((*frame.orientation)[0] == -1);
    CHECK(frame.position_mm);
    CHECK(frame.thickness_mm == 10);
  }
}
