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
