// Compressed streams whose depth or sign is not what the header says.
#include <openjpeg.h>

#include <memory>

#include "dicom/jpeg2000.h"
#include "dicom/rescale.h"
#include "series_fixture.h"

using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr int kColumns = 33;
constexpr int kRows = 17;

std::vector<uint8_t> encode_jpeg2000(const std::vector<int>& values, int depth, bool is_signed,
                                     const std::string& path) {
  opj_cparameters_t parameters;
  opj_set_default_encoder_parameters(&parameters);
  parameters.numresolution = 3;
  opj_image_cmptparm_t component{};
  component.dx = component.dy = 1;
  component.w = kColumns;
  component.h = kRows;
  component.prec = static_cast<OPJ_UINT32>(depth);
  component.sgnd = is_signed;
  const std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)> image(
      opj_image_create(1, &component, OPJ_CLRSPC_GRAY), opj_image_destroy);
  image->x1 = kColumns;
  image->y1 = kRows;
  for (size_t i = 0; i < values.size(); ++i) {
    image->comps[0].data[i] = is_signed ? values[i] : values[i] & ((1 << depth) - 1);
  }
  const std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)> codec(opj_create_compress(OPJ_CODEC_J2K),
                                                                         opj_destroy_codec);
  REQUIRE(opj_setup_encoder(codec.get(), &parameters, image.get()));
  {
    const std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)> stream(
        opj_stream_create_default_file_stream(path.c_str(), OPJ_FALSE), opj_stream_destroy);
    REQUIRE(opj_start_compress(codec.get(), image.get(), stream.get()));
    REQUIRE(opj_encode(codec.get(), stream.get()));
    REQUIRE(opj_end_compress(codec.get(), stream.get()));
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// HU of the stream's cells under a header of `bits_stored` bits.
std::vector<int16_t> hu_of_stream(const std::vector<int>& stored, int depth, bool signed_stream, int bits_stored,
                                  bool is_signed, int intercept) {
  const TempFolder folder;
  std::vector<uint8_t> cells;
  const auto result = dicom::decode_jpeg2000(encode_jpeg2000(stored, depth, signed_stream, folder / "stream.j2k"),
                                             kRows, kColumns, cells);
  REQUIRE(result.problem.empty());
  dicom::PixelFormat format;
  format.rows = kRows;
  format.columns = kColumns;
  format.bits_allocated = 16;
  format.bits_stored = bits_stored;
  format.high_bit = bits_stored - 1;
  format.is_signed = is_signed;
  dicom::FrameHeader frame;
  frame.slope = 1;
  frame.intercept = intercept;
  const dicom::CellInfo info{.depth = result.depth, .signed_stream = result.is_signed};
  std::vector<int16_t> hu(stored.size());
  dicom::rescale_cells(cells.data(), info, hu.size(), dicom::make_hu_table<int16_t>(format, frame, info), hu.data());
  return hu;
}

std::vector<int> ramp(int first) {
  std::vector<int> values(kColumns * kRows);
  for (size_t i = 0; i < values.size(); ++i) values[i] = first + static_cast<int>(3 * i);
  return values;
}

bool are(const std::vector<int16_t>& hu, const std::vector<int>& expected) {
  return std::equal(hu.begin(), hu.end(), expected.begin(), expected.end());
}

}  // namespace

TEST_CASE("JPEG 2000: the stream's depth and sign, whatever BitsStored and PixelRepresentation promise") {
  const std::vector<int> values = ramp(-1000);
  for (const int depth : {12, 13, 14, 16}) {
    for (const int bits_stored : {12, 13, 16}) {
      for (const bool signed_stream : {true, false}) {
        CAPTURE(depth);
        CAPTURE(bits_stored);
        CAPTURE(signed_stream);
        CHECK(are(hu_of_stream(values, depth, signed_stream, bits_stored, true, 0), values));
      }
      CAPTURE(depth);
      CAPTURE(bits_stored);
      std::vector<int> offset = values;
      for (int& value : offset) value += 1024;
      for (const bool is_signed : {true, false}) {
        if (is_signed && (depth == 12 || bits_stored == 12)) continue;
        CHECK(are(hu_of_stream(offset, depth, false, bits_stored, is_signed, -1024), values));
      }
    }
  }
}

TEST_CASE("a shallow unsigned stream is not given a sign that the intercept has no room for") {
  std::vector<int> stored = ramp(2100);  // the top bit of 12 is set
  std::vector<int> values = stored;
  for (int& value : values) value -= 1024;
  CHECK(are(hu_of_stream(stored, 12, false, 16, true, -1024), values));
}

TEST_CASE("a signed stream under an unsigned header keeps HU below 0 where the intercept is 0") {
  const std::vector<int> values = ramp(-900);
  for (const int bits_stored : {12, 16})
    CHECK(are(hu_of_stream(values, bits_stored, true, bits_stored, false, 0), values));
}

TEST_CASE("JPEG lossless and JPEG-LS of 12 bits under BitsStored 16, signed and not") {
  for (const char* syntax : {"1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"}) {
    for (const bool is_signed : {true, false}) {
      // DCMTK's lossless JPEG has 16 bits whatever BitsStored says: no sign can be lost in it.
      if (is_signed && std::string(syntax) == "1.2.840.10008.1.2.4.70") continue;
      CAPTURE(std::string(syntax));
      CAPTURE(is_signed);
      const TempFolder folder;
      const auto paths = write_series(folder, make_volume(1));
      const std::vector<int> values = ramp(is_signed ? -1000 : 0);
      const E_TransferSyntax xfer = DcmXfer(syntax).getXfer();
      edit_file(
          paths[0],
          [&](DcmDataset& dataset) {
            std::vector<uint16_t> cells;
            for (const int value : values) cells.push_back(static_cast<uint16_t>(value & 0xfff));
            set_cells(dataset, cells, 12, false);
            REQUIRE(dataset.chooseRepresentation(xfer, nullptr).good());
            dataset.putAndInsertUint16(DCM_BitsStored, 16);
            dataset.putAndInsertUint16(DCM_HighBit, 15);
            dataset.putAndInsertUint16(DCM_PixelRepresentation, is_signed ? 1 : 0);
            set(dataset, DCM_RescaleIntercept, "0");
          },
          xfer);
      CHECK(are(ints(read(paths[0]).volume), values));
    }
  }
}
