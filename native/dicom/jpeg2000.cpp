#include "dicom/jpeg2000.h"

#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace hepatica::dicom {
namespace {

struct Source {
  std::span<const uint8_t> bytes;
  size_t at = 0;
};

OPJ_SIZE_T read_source(void* into, OPJ_SIZE_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  const size_t got = std::min<size_t>(count, source.bytes.size() - source.at);
  if (got == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(into, source.bytes.data() + source.at, got);
  source.at += got;
  return got;
}

OPJ_OFF_T skip_source(OPJ_OFF_T count, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (count < 0) return -1;
  const auto left = static_cast<OPJ_OFF_T>(source.bytes.size() - source.at);
  if (left == 0) return -1;
  const OPJ_OFF_T skipped = std::min(count, left);
  source.at += static_cast<size_t>(skipped);
  return skipped;
}

OPJ_BOOL seek_source(OPJ_OFF_T to, void* user) {
  auto& source = *static_cast<Source*>(user);
  if (to < 0 || static_cast<size_t>(to) > source.bytes.size()) return OPJ_FALSE;
  source.at = static_cast<size_t>(to);
  return OPJ_TRUE;
}

using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Image = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream open_stream(Source& source) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), opj_stream_destroy);
  if (!stream) return stream;
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_stream_set_read_function(stream.get(), read_source);
  opj_stream_set_skip_function(stream.get(), skip_source);
  opj_stream_set_seek_function(stream.get(), seek_source);
  return stream;
}

// A raw codestream begins with SOC and SIZ; some writers store the boxed JP2 format against PS3.5 annex A.4.4.
OPJ_CODEC_FORMAT format_of(std::span<const uint8_t> stream) {
  return stream.size() > 4 && stream[0] == 0xff && stream[1] == 0x4f ? OPJ_CODEC_J2K : OPJ_CODEC_JP2;
}

bool has_shape(const opj_image_t& image, int rows, int columns) {
  if (image.numcomps != 1) return false;
  const opj_image_comp_t& component = image.comps[0];
  return component.w == static_cast<OPJ_UINT32>(columns) && component.h == static_cast<OPJ_UINT32>(rows) &&
         component.prec >= 1 && component.prec <= 16;
}

}  // namespace

Jpeg2000Result decode_jpeg2000(std::span<const uint8_t> bytes, int rows, int columns, std::vector<uint8_t>& cells) {
  Source source{bytes};
  const Stream stream = open_stream(source);
  const Codec codec(opj_create_decompress(format_of(bytes)), opj_destroy_codec);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!stream || !codec || !opj_setup_decoder(codec.get(), &parameters))
    return {.problem = "OpenJPEG cannot be set up"};
  opj_image_t* header = nullptr;
  const bool header_read = opj_read_header(stream.get(), codec.get(), &header);
  const Image image(header, opj_image_destroy);
  if (!header_read || !image) return {.problem = "its JPEG 2000 stream has no valid header"};
  // Before decoding: what the stream claims decides how much memory OpenJPEG takes.
  const auto width = static_cast<OPJ_UINT32>(columns);
  const auto height = static_cast<OPJ_UINT32>(rows);
  if (image->x1 - image->x0 != width || image->y1 - image->y0 != height || image->numcomps != 1) {
    return {.problem = "its JPEG 2000 stream has another size than Rows and Columns"};
  }
  if (!opj_decode(codec.get(), stream.get(), image.get()) || !opj_end_decompress(codec.get(), stream.get())) {
    return {.problem = "its JPEG 2000 stream cannot be decoded"};
  }
  if (!has_shape(*image, rows, columns) || !image->comps[0].data)
    return {.problem = "its JPEG 2000 stream is no 16-bit image"};
  const size_t count = size_t(width) * height;
  cells.resize(2 * count);
  for (size_t i = 0; i < count; ++i) {
    const auto cell = static_cast<uint16_t>(image->comps[0].data[i]);
    std::memcpy(cells.data() + 2 * i, &cell, 2);
  }
  return {.problem = {}, .depth = static_cast<int>(image->comps[0].prec), .is_signed = image->comps[0].sgnd != 0};
}

}  // namespace hepatica::dicom
