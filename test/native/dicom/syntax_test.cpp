// Files whose meta header, or whose value representations, are not what the data are: read by what the data show.
#include <dcmtk/dcmdata/dcmetinf.h>

#include <cstring>

#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string little(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

size_t end_of_meta(const std::string& bytes) {
  size_t at = 132;
  while (at + 8 <= bytes.size() && bytes[at] == 2 && bytes[at + 1] == 0) {
    const bool long_form = bytes[at + 4] == 'O' && bytes[at + 5] == 'B';
    uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at + (long_form ? 8 : 6), long_form ? 4 : 2);
    at += (long_form ? 12 : 8) + length;
  }
  return at;
}

// The same data set under a meta header that names `uid`, in explicit or implicit VR; none where it is empty.
void replace_meta(const std::string& path, std::string uid, bool implicit = false) {
  const std::string bytes = bytes_of(path);
  if (uid.size() % 2) uid += '\0';
  std::string meta;
  const auto add = [&](uint32_t tag, const std::string& value) {
    meta += little(tag, 4) + (implicit ? little(static_cast<uint32_t>(value.size()), 4)
                                       : "UI" + little(static_cast<uint32_t>(value.size()), 2));
    meta += value;
  };
  add(0x00020002, std::string("1.2.840.10008.5.1.4.1.1.2\0", 26));
  if (!uid.empty()) add(0x00100002, uid);
  write_text(path, bytes.substr(0, 132) + meta + bytes.substr(end_of_meta(bytes)));
}

// Puts the element of an explicit little endian file under another VR.
void replace_vr(const std::string& path, const DcmTagKey& tag, const std::string& vr) {
  std::string bytes = bytes_of(path);
  const std::string key = little(tag.getGroup(), 2) + little(tag.getElement(), 2);
  const size_t at = bytes.find(key, 132);
  REQUIRE(at != std::string::npos);
  uint16_t length = 0;
  std::memcpy(&length, bytes.data() + at + 6, 2);
  const bool long_form = vr == "UN" || vr == "UT" || vr == "OB";
  const std::string head = key + vr + (long_form ? little(0, 2) + little(length, 4) : little(length, 2));
  write_text(path, bytes.substr(0, at) + head + bytes.substr(at + 8));
}

// Puts a compressed stream in the place of a slice's pixels, and names its transfer syntax.
void replace_pixels(const std::string& path, const std::string& stream, const std::string& uid) {
  const std::string bytes = bytes_of(path);
  const size_t at = bytes.find(little(0x00107fe0, 4), 132);
  REQUIRE(at != std::string::npos);
  std::string pixels = little(0x00107fe0, 4) + "OB" + little(0, 2) + little(0xffffffff, 4);
  const auto add_item = [&](const std::string& value) {
    pixels += little(0xe000fffe, 4) + little(static_cast<uint32_t>(value.size()), 4) + value;
  };
  add_item("");
  add_item(stream + std::string(stream.size() % 2, '\0'));
  pixels += little(0xe0ddfffe, 4) + little(0, 4);
  write_text(path, bytes.substr(0, at) + pixels);
  replace_meta(path, uid);
}

const char* const kNatives[] = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
                                "1.2.840.10008.1.2.1.99"};

}  // namespace

TEST_CASE("a data set that is not encoded as its meta header says is read as it is, one of a series or all") {
  const Volume written = make_volume(6);
  for (const char* body : kNatives) {
    for (const char* declared :
         {"", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}) {
      for (const size_t which : {size_t{0}, size_t{3}, size_t{5}, size_t{6}}) {
        CAPTURE(std::string(body));
        CAPTURE(std::string(declared));
        CAPTURE(which);
        const TempFolder folder;
        const auto paths = write_series(folder, written);
        for (size_t z = 0; z < paths.size(); ++z) {
          if (which != 6 && z != which) continue;
          edit_file(
              paths[z], [](DcmDataset&) {}, DcmXfer(body).getXfer());
          replace_meta(paths[z], declared);
        }
        const SeriesVolume series = read(folder / "s");
        CHECK(ints(series.volume) == ints(written));
        CHECK(has_code(series.report.repairs, "TRANSFER_SYNTAX_MISMATCH") == (std::string(body) != declared));
      }
    }
  }
}

TEST_CASE("a meta header in implicit VR, over data sets of both kinds") {
  const Volume written = make_volume(3);
  for (const char* body : kNatives) {
    CAPTURE(std::string(body));
    const TempFolder folder;
    for (const std::string& path : write_series(folder, written)) {
      edit_file(
          path, [](DcmDataset&) {}, DcmXfer(body).getXfer());
      replace_meta(path, body, true);
    }
    const SeriesVolume series = read(folder / "s");
    CHECK(ints(series.volume) == ints(written));
    CHECK(series.report.repairs.empty());
  }
}

TEST_CASE("streams under a native syntax, and native pixels under a compressed one") {
  const Volume written = make_volume(3);
  for (const char* body : {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    CAPTURE(std::string(body));
    const TempFolder folder;
    const auto paths = write_series(folder, written, {.transfer_syntax_uid = body});
    for (const std::string& path : paths) replace_meta(path, "1.2.840.10008.1.2.1");
    const SeriesVolume series = read(folder / "s");
    CHECK(ints(series.volume) == ints(written));
    CHECK(has_code(series.report.repairs, "TRANSFER_SYNTAX_MISMATCH"));
    const TempFolder other;
    for (const std::string& path : write_series(other, written)) replace_meta(path, body);
    CHECK(ints(read(other / "s").volume) == ints(written));
  }
}

TEST_CASE("known tags under UN and other VRs that tell nothing of them are read by the dictionary") {
  const Volume written = make_volume(4);
  for (const char* vr : {"UN", "UT", "OB", "LT"}) {
    for (const size_t which : {size_t{0}, size_t{2}, size_t{4}}) {
      CAPTURE(std::string(vr));
      CAPTURE(which);
      const TempFolder folder;
      const auto paths = write_series(folder, written);
      for (size_t z = 0; z < paths.size(); ++z) {
        if (which != 4 && z != which) continue;
        for (const DcmTagKey& tag : {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_PixelSpacing,
                                     DCM_RescaleSlope, DCM_RescaleIntercept, DCM_Rows, DCM_Columns, DCM_BitsStored,
                                     DCM_PixelRepresentation, DCM_Modality, DCM_SeriesInstanceUID, DCM_PatientID}) {
          replace_vr(paths[z], tag, vr);
        }
      }
      const SeriesVolume series = read(folder / "s");
      CHECK(ints(series.volume) == ints(written));
      CHECK(series.volume.geometry == written.geometry);
    }
  }
}

TEST_CASE("numbers of the wrong count are refused, never cut or filled") {
  const struct {
    DcmTagKey tag;
    const char* value;
  } cases[] = {{DCM_ImagePositionPatient, "1\\2"},
               {DCM_ImagePositionPatient, "1\\2\\3\\4"},
               {DCM_ImageOrientationPatient, "1\\0\\0\\0"},
               {DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0\\0"},
               {DCM_PixelSpacing, "0.8\\0.7\\2.5"},
               {DCM_PixelSpacing, "0.8"},
               {DCM_RescaleSlope, "1\\1"},
               {DCM_RescaleIntercept, "-1024\\0"}};
  for (const auto& [tag, value] : cases) {
    for (const size_t which : {size_t{0}, size_t{2}}) {
      CAPTURE(std::string(value));
      CAPTURE(which);
      const TempFolder folder;
      const auto paths = write_series(folder, make_volume(3));
      edit_file(paths[which], [&](DcmDataset& dataset) { set(dataset, tag, value); });
      const Error error = error_of(folder / "s");
      CHECK(error.code == "INVALID_VALUE");
      CHECK(error.file == paths[which]);
    }
  }
}

// By OpenJPH's own encoder, and what its own decoder makes of the lossy one: test/fixtures/dicom/make_fixtures.sh.
TEST_CASE("High-Throughput JPEG 2000 in its three syntaxes") {
  struct Stream {
    const char* file;
    const char* picture;
    const char* syntax;
    int most_apart;  // decoders round
  };
  const Stream streams[] = {{"ht-lossless.j2c", "ht-lossless.pgm", "1.2.840.10008.1.2.4.201", 0},
                            {"ht-rpcl.j2c", "ht-lossless.pgm", "1.2.840.10008.1.2.4.202", 0},
                            {"ht-lossless.j2c", "ht-lossless.pgm", "1.2.840.10008.1.2.4.203", 0},
                            {"ht-lossy.j2c", "ht-lossy.pgm", "1.2.840.10008.1.2.4.203", 1}};
  const std::string fixtures = in_source_folder("test/fixtures/dicom/");
  for (const auto& [file, picture, syntax, most_apart] : streams) {
    CAPTURE(std::string(file));
    CAPTURE(std::string(syntax));
    const TempFolder folder;
    for (const std::string& path : write_series(folder, make_volume(3))) {
      edit_file(path, [](DcmDataset& dataset) {
        dataset.putAndInsertUint16(DCM_BitsStored, 12);
        dataset.putAndInsertUint16(DCM_HighBit, 11);
        dataset.putAndInsertUint16(DCM_PixelRepresentation, 0);
        set(dataset, DCM_RescaleIntercept, "-1024");
      });
      replace_pixels(path, bytes_of(fixtures + file), syntax);
    }
    const std::string pgm = bytes_of(fixtures + picture);
    const std::string cells = pgm.substr(pgm.find("4095") + 5);
    const SeriesVolume series = read(folder / "s");
    REQUIRE(ints(series.volume).size() == 3 * cells.size() / 2);
    int apart = 0;
    for (size_t i = 0; i < ints(series.volume).size(); ++i) {
      const size_t at = 2 * i % cells.size();
      const int cell = static_cast<uint8_t>(cells[at]) << 8 | static_cast<uint8_t>(cells[at + 1]);
      apart = std::max(apart, std::abs(ints(series.volume)[i] + 1024 - cell));
    }
    CHECK(apart <= most_apart);
    CHECK(series.report.transfer_syntaxes == std::vector<std::string>{syntax});
    CHECK(series.report.lossy == std::string(syntax).ends_with("203"));
  }
}
