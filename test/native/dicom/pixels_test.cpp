// From cells to HU: dicom.md's cases 23 to 34.
#include <cmath>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr size_t kPixels = 33 * 17;

std::vector<uint16_t> ramp(uint16_t first) {
  std::vector<uint16_t> cells(kPixels);
  for (size_t i = 0; i < kPixels; ++i) cells[i] = static_cast<uint16_t>(first + i);
  return cells;
}

// A series of one slice, edited; what comes of it.
SeriesVolume read_edited(const std::function<void(DcmDataset&)>& edit, ReadSeriesOptions options = {}) {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  edit_file(paths[0], edit);
  return read(paths[0], options);
}

}  // namespace

TEST_CASE("case 23: slope and intercept hold for their own slice") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(3));
  edit_files(paths, [](DcmDataset& dataset, size_t z) {
    set_cells(dataset, ramp(1000), 16, false);
    set(dataset, DCM_RescaleIntercept, std::to_string(-1000 - static_cast<int>(z)));
    set(dataset, DCM_RescaleSlope, std::to_string(z + 1));
  });
  const SeriesVolume series = read(folder / "s");
  for (size_t z = 0; z < 3; ++z) {
    for (size_t i = 0; i < kPixels; ++i) {
      const auto expected = static_cast<int>((z + 1) * (1000 + i)) - 1000 - static_cast<int>(z);
      REQUIRE(ints(series.volume)[z * kPixels + i] == expected);
    }
  }
}

TEST_CASE("case 24: without slope or intercept there are no HU, unless raw values are asked for") {
  for (const DcmTagKey& tag : {DCM_RescaleSlope, DCM_RescaleIntercept}) {
    const TempFolder folder;
    const auto paths = write_series(folder, make_volume(1));
    edit_file(paths[0], [&](DcmDataset& dataset) {
      set_cells(dataset, ramp(100), 16, true);
      dataset.findAndDeleteElement(tag);
    });
    const Error error = error_of(paths[0]);
    CHECK(error.code == "MISSING_RESCALE");
    CHECK_FALSE(error.field.empty());
    const SeriesVolume series = read(paths[0], {.values = PixelValues::kRaw});
    CHECK(has_code(series.report.repairs, "RAW_VALUES"));
    CHECK(ints(series.volume)[5] == (tag == DCM_RescaleSlope ? 105 - 1024 : 105));
  }
}

TEST_CASE("case 25: a fractional slope gives floats, rounded once") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    set_cells(dataset, ramp(0), 16, false);
    set(dataset, DCM_RescaleSlope, "0.1");
    set(dataset, DCM_RescaleIntercept, "-10.5");
  });
  const auto& hu = std::get<std::vector<float>>(series.volume.hu);
  for (size_t i = 0; i < kPixels; ++i) REQUIRE(hu[i] == static_cast<float>(static_cast<double>(i) * 0.1 - 10.5));
}

TEST_CASE("case 26: padding is tested on the stored value and becomes air") {
  SUBCASE("a value") {
    const SeriesVolume series = read_edited([](DcmDataset& dataset) {
      set_cells(dataset, ramp(100), 16, false);
      dataset.putAndInsertUint16(DCM_PixelPaddingValue, 107);
    });
    CHECK(ints(series.volume)[6] == 106 - 1024);
    CHECK(ints(series.volume)[7] == -1024);
    CHECK(ints(series.volume)[8] == 108 - 1024);
    CHECK(has_code(series.report.repairs, "PADDING_TO_AIR"));
  }
  SUBCASE("a range") {
    const SeriesVolume series = read_edited([](DcmDataset& dataset) {
      set_cells(dataset, ramp(100), 16, false);
      dataset.putAndInsertUint16(DCM_PixelPaddingValue, 107);
      dataset.putAndInsertUint16(DCM_PixelPaddingRangeLimit, 105);
    });
    const auto& hu = ints(series.volume);
    CHECK(hu[4] == 104 - 1024);
    for (size_t i = 5; i <= 7; ++i) CHECK(hu[i] == -1024);
    CHECK(hu[8] == 108 - 1024);
  }
  SUBCASE("signed, with the VR that PixelRepresentation says (case 28)") {
    const SeriesVolume series = read_edited([](DcmDataset& dataset) {
      std::vector<uint16_t> cells = ramp(50);
      cells[3] = static_cast<uint16_t>(-2000);
      set_cells(dataset, cells, 16, true);
      set(dataset, DCM_RescaleIntercept, "0");
      dataset.insert(new DcmSignedShort(DcmTag(DCM_PixelPaddingValue, EVR_SS)), OFTrue);
      DcmElement* padding = nullptr;
      dataset.findAndGetElement(DCM_PixelPaddingValue, padding);
      padding->putSint16(-2000);
    });
    CHECK(ints(series.volume)[3] == -1024);
    CHECK(series.report.repairs.size() == 1);
    CHECK(series.report.repairs[0].code == "PADDING_TO_AIR");
  }
  SUBCASE("padding beyond the stored bits is sought in the whole cell") {
    const SeriesVolume series = read_edited([](DcmDataset& dataset) {
      std::vector<uint16_t> cells = ramp(2000);
      cells[3] = 63536;  // -2000; its low 12 bits are 2096, an ordinary value
      set_cells(dataset, cells, 12, false);
      dataset.putAndInsertUint16(DCM_PixelPaddingValue, 63536);
    });
    CHECK(ints(series.volume)[3] == -1024);
    CHECK(ints(series.volume)[96] == 2096 - 1024);
  }
}

TEST_CASE("case 27: values outside of the field of view are raised to air and counted") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    std::vector<uint16_t> cells = ramp(0);
    cells[0] = static_cast<uint16_t>(-2000);
    cells[1] = static_cast<uint16_t>(-3024);
    set_cells(dataset, cells, 16, true);
    set(dataset, DCM_RescaleIntercept, "0");
  });
  CHECK(ints(series.volume)[0] == -1024);
  CHECK(ints(series.volume)[1] == -1024);
  CHECK(ints(series.volume)[2] == 2);
  REQUIRE(series.report.repairs.size() == 1);
  CHECK(series.report.repairs[0].code == "RAISED_TO_AIR");
  CHECK(series.report.repairs[0].message.starts_with("2 "));
}

TEST_CASE("values above the range of 16 bits are lowered and counted") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    std::vector<uint16_t> cells = ramp(0);
    cells[7] = 65535;
    set_cells(dataset, cells, 16, false);
  });
  CHECK(ints(series.volume)[7] == 32767);
  CHECK(has_code(series.report.repairs, "LOWERED_TO_RANGE"));
}

TEST_CASE("case 28: signed cells") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    set_cells(dataset, ramp(static_cast<uint16_t>(-200)), 16, true);
    set(dataset, DCM_RescaleIntercept, "0");
  });
  for (size_t i = 0; i < kPixels; ++i) REQUIRE(ints(series.volume)[i] == static_cast<int>(i) - 200);
}

TEST_CASE("case 29: 12 bits stored: dirty high bits are masked, signs extended") {
  const auto dirty = [](uint16_t cell, size_t i) { return static_cast<uint16_t>((cell & 0x0fff) | (i % 16) << 12); };
  for (const bool is_signed : {false, true}) {
    const SeriesVolume series = read_edited([&](DcmDataset& dataset) {
      std::vector<uint16_t> cells = ramp(static_cast<uint16_t>(is_signed ? -300 : 700));
      for (size_t i = 0; i < kPixels; ++i) cells[i] = dirty(cells[i], i);
      set_cells(dataset, cells, 12, is_signed);
      set(dataset, DCM_RescaleIntercept, "0");
    });
    for (size_t i = 0; i < kPixels; ++i) {
      REQUIRE(ints(series.volume)[i] == static_cast<int>(i) + (is_signed ? -300 : 700));
    }
  }
}

TEST_CASE("case 29: stored bits may lie at the top of the cell") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    std::vector<uint16_t> cells = ramp(700);
    for (uint16_t& cell : cells) cell = static_cast<uint16_t>(cell << 4 | 0xf);
    set_cells(dataset, cells, 12, false);
    dataset.putAndInsertUint16(DCM_HighBit, 15);
  });
  for (size_t i = 0; i < kPixels; ++i) REQUIRE(ints(series.volume)[i] == static_cast<int>(i) + 700 - 1024);
}

TEST_CASE("case 30: MONOCHROME1 does not invert HU") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    set_cells(dataset, ramp(1000), 16, false);
    set(dataset, DCM_PhotometricInterpretation, "MONOCHROME1");
  });
  CHECK(ints(series.volume)[3] == 1003 - 1024);
  CHECK(has_code(series.report.repairs, "MONOCHROME1"));
}

TEST_CASE("cases 31 and 32: every lossless syntax gives the same voxels, single slices and multi-frame") {
  const Volume written = make_volume();
  for (const char* syntax :
       {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    CAPTURE(syntax);
    const TempFolder folder;
    write_series(folder, written, {.transfer_syntax_uid = syntax});
    const SeriesVolume series = read(folder / "s");
    CHECK(ints(series.volume) == ints(written));
    CHECK(series.report.transfer_syntaxes == std::vector<std::string>{syntax});
    CHECK_FALSE(series.report.lossy);
    write_enhanced_ct(written, folder / "enhanced.dcm", {.transfer_syntax_uid = syntax});
    CHECK(ints(read(folder / "enhanced.dcm").volume) == ints(written));
  }
}

TEST_CASE("case 31: without preamble and meta header") {
  const TempFolder folder;
  const Volume written = make_volume(1);
  for (const E_TransferSyntax syntax : {EXS_LittleEndianImplicit, EXS_LittleEndianExplicit, EXS_BigEndianExplicit}) {
    const auto paths = write_series(folder, written);
    DcmFileFormat file;
    REQUIRE(file.loadFile(paths[0].c_str()).good());
    file.loadAllDataIntoMemory();
    REQUIRE(file.getDataset()->saveFile(paths[0].c_str(), syntax, EET_ExplicitLength, EGL_recalcGL).good());
    CHECK(ints(read(paths[0]).volume) == ints(written));
  }
}

TEST_CASE("case 31: sequences of undefined length, private elements and 8-bit cells do not mislead") {
  const SeriesVolume series = read_edited([](DcmDataset& dataset) {
    DcmItem* item = nullptr;
    dataset.findOrCreateSequenceItem(DCM_ReferencedImageSequence, item, 2);
    item->putAndInsertString(DCM_SeriesInstanceUID, "1.1.1");
    set_cells(dataset, ramp(1000), 16, false);
  });
  CHECK(ints(series.volume)[3] == 1003 - 1024);
}

TEST_CASE("a syntax that cannot be decoded is named") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  std::ifstream in(paths[0], std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::string explicit_little = std::string("1.2.840.10008.1.2.1\0", 20);
  const size_t at = bytes.find(explicit_little);
  REQUIRE(at != std::string::npos);
  bytes.replace(at, 20, "1.2.840.10008.1.2.9\0", 20);
  write_text(paths[0], bytes);
  const Error error = error_of(paths[0]);
  CHECK(error.code == "UNSUPPORTED_TRANSFER_SYNTAX");
  CHECK(std::string(error.what()).find("1.2.840.10008.1.2.9") != std::string::npos);
}

TEST_CASE("case 34: lossy compression is reported") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  edit_file(paths[0], [](DcmDataset& dataset) { set(dataset, DCM_LossyImageCompression, "01"); });
  Run run;
  CHECK(read_series({paths[0]}, {}, run).report.lossy);
  CHECK(has_code(run.warnings(), "LOSSY_COMPRESSION"));
}

TEST_CASE("pixel formats that are no CT are refused") {
  const TempFolder folder;
  const auto paths = write_series(folder, make_volume(1));
  SUBCASE("32 bits") {
    edit_file(paths[0], [](DcmDataset& dataset) { dataset.putAndInsertUint16(DCM_BitsAllocated, 32); });
    CHECK(error_of(paths[0]).code == "UNSUPPORTED_PIXEL_FORMAT");
  }
  SUBCASE("no rows") {
    edit_file(paths[0], [](DcmDataset& dataset) { dataset.putAndInsertUint16(DCM_Rows, 0); });
    CHECK(error_of(paths[0]).code == "INVALID_VALUE");
  }
  SUBCASE("more rows than pixels") {
    edit_file(paths[0], [](DcmDataset& dataset) { dataset.putAndInsertUint16(DCM_Rows, 1000); });
    CHECK(error_of(paths[0]).code == "CORRUPT_FILE");
  }
  SUBCASE("high bit outside") {
    edit_file(paths[0], [](DcmDataset& dataset) { dataset.putAndInsertUint16(DCM_HighBit, 16); });
    CHECK(error_of(paths[0]).code == "INVALID_VALUE");
  }
}
