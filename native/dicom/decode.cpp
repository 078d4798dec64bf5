#include "dicom/decode.h"

#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixel.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcxfer.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "core/error.h"
#include "core/parallel.h"
#include "dicom/check.h"
#include "dicom/dcmtk_setup.h"
#include "dicom/inflate.h"
#include "dicom/jpeg2000.h"
#include "dicom/jpeg_header.h"

namespace hepatica::dicom {
namespace {

static_assert(std::endian::native == std::endian::little, "cells are taken to be little endian in memory");

// A data set of one compressed frame, as DCMTK's decoders want it.
std::unique_ptr<DcmDataset> make_frame_dataset(const DicomObject& object, const std::vector<uint8_t>& stream) {
  auto dataset = std::make_unique<DcmDataset>();
  const PixelFormat& format = object.format;
  dataset->putAndInsertUint16(DcmTag(DCM_SamplesPerPixel, EVR_US), 1);
  dataset->putAndInsertString(DcmTag(DCM_PhotometricInterpretation, EVR_CS), "MONOCHROME2");
  dataset->putAndInsertString(DcmTag(DCM_NumberOfFrames, EVR_IS), "1");
  dataset->putAndInsertUint16(DcmTag(DCM_Rows, EVR_US), static_cast<Uint16>(format.rows));
  dataset->putAndInsertUint16(DcmTag(DCM_Columns, EVR_US), static_cast<Uint16>(format.columns));
  dataset->putAndInsertUint16(DcmTag(DCM_BitsAllocated, EVR_US), static_cast<Uint16>(format.bits_allocated));
  dataset->putAndInsertUint16(DcmTag(DCM_BitsStored, EVR_US), static_cast<Uint16>(format.bits_stored));
  dataset->putAndInsertUint16(DcmTag(DCM_HighBit, EVR_US), static_cast<Uint16>(format.high_bit));
  dataset->putAndInsertUint16(DcmTag(DCM_PixelRepresentation, EVR_US), format.is_signed ? 1 : 0);
  auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
  const DcmTag item_tag(DCM_Item, EVR_OB);
  sequence->insert(new DcmPixelItem(item_tag));  // an empty offset table
  auto item = std::make_unique<DcmPixelItem>(item_tag);
  item->putUint8Array(stream.data(), static_cast<unsigned long>(stream.size()));
  sequence->insert(item.release());
  auto pixels = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData, EVR_OB));
  const E_TransferSyntax syntax = DcmXfer(object.transfer_syntax_uid.c_str()).getXfer();
  pixels->putOriginalRepresentation(syntax, nullptr, sequence.release());
  dataset->insert(pixels.release());
  return dataset;
}

// The cells that DCMTK's decoder will write; a stream of another size than the header says is refused.
CellInfo cells_of(const DicomObject& object, const std::vector<uint8_t>& stream) {
  const PixelFormat& format = object.format;
  if (object.syntax->coding == PixelCoding::kRle) return {.bytes = format.bits_allocated / 8};
  const auto header = read_jpeg_header(stream);
  if (!header) throw_corrupt_pixels(object, "its JPEG stream has no valid header");
  if (header->rows != format.rows || header->columns != format.columns || header->components != 1) {
    throw_corrupt_pixels(object, "its JPEG stream has another size than Rows and Columns");
  }
  return {.bytes = header->precision > 8 ? 2 : 1, .depth = header->precision};
}

CellInfo decode_by_dcmtk(const DicomObject& object, const std::vector<uint8_t>& stream, std::vector<uint8_t>& cells) {
  ensure_dcmtk_ready();
  const CellInfo info = cells_of(object, stream);
  const size_t count = size_t(object.format.rows) * size_t(object.format.columns);
  // DCMTK wants an even size and writes words where BitsAllocated says so.
  cells.resize((count * size_t(std::max(info.bytes, object.format.bits_allocated / 8)) + 1) & ~size_t{1});
  const std::unique_ptr<DcmDataset> dataset = make_frame_dataset(object, stream);
  DcmElement* element = nullptr;
  dataset->findAndGetElement(DCM_PixelData, element);
  Uint32 first_fragment = 1;
  OFString color_model;
  const OFCondition status = static_cast<DcmPixelData*>(element)->getUncompressedFrame(
      dataset.get(), 0, first_fragment, cells.data(), static_cast<Uint32>(cells.size()), color_model);
  if (status.bad()) throw_corrupt_pixels(object, std::string("its pixels cannot be decoded: ") + status.text());
  return info;
}

void inflate_pixels(const DicomObject& object, size_t bytes, std::vector<uint8_t>& pixels) {
  const File file(object.file());
  InflatedPrefix inflated(file, object.dataset_offset);
  // Grown as the data comes: what a header claims is not what a file holds.
  constexpr size_t kStep = 16 << 20;
  pixels.clear();
  while (pixels.size() < bytes) {
    const size_t had = pixels.size();
    pixels.resize(std::min(bytes, had + kStep));
    if (inflated.read_on(object.pixels->value_offset + had, pixels.data() + had, pixels.size() - had) <
        pixels.size() - had) {
      throw_corrupt_pixels(object, "the file ends within its pixels");
    }
  }
}

CellInfo decode_deflated(const FrameRef& frame, const PixelSources& sources, std::vector<uint8_t>& cells) {
  const DicomObject& object = *frame.object;
  const auto size = static_cast<size_t>(native_frame_bytes(object.format));
  if (object.frames.size() == 1) {
    inflate_pixels(object, size, cells);
  } else {
    const uint8_t* begin = sources.at(&object).inflated.data() + size * size_t(frame.frame);
    cells.assign(begin, begin + size);
  }
  return {.bytes = object.format.bits_allocated / 8};
}

CellInfo decode_compressed(const FrameRef& frame, const PixelSources& sources, std::vector<uint8_t>& cells) {
  const DicomObject& object = *frame.object;
  const File file(object.file());
  const auto stream = read_fragments(file, object, sources.at(&object).fragments[size_t(frame.frame)]);
  if (object.syntax->coding != PixelCoding::kJpeg2000) return decode_by_dcmtk(object, stream, cells);
  const Jpeg2000Result result = decode_jpeg2000(stream, object.format.rows, object.format.columns, cells);
  if (!result.problem.empty()) throw_corrupt_pixels(object, result.problem);
  return {.depth = result.depth, .signed_stream = result.is_signed};
}

}  // namespace

PixelSources open_pixel_sources(const std::vector<FrameRef>& frames, Run& run) {
  PixelSources sources;
  for (const FrameRef& frame : frames) {
    if (!is_plain(*frame.object) && !frame.object->held) sources.try_emplace(frame.object);
  }
  std::vector<PixelSources::value_type*> entries;
  for (auto& entry : sources) entries.push_back(&entry);
  parallel_for(static_cast<int64_t>(entries.size()), run, [&](int64_t i) {
    auto& [object, source] = *entries[size_t(i)];
    if (object->syntax->coding != PixelCoding::kNative) {
      source.fragments = locate_frames(File(object->file()), *object);
    } else if (object->frames.size() > 1) {
      const uint64_t bytes = native_frame_bytes(object->format) * uint64_t(object->frames.size());
      inflate_pixels(*object, static_cast<size_t>(bytes), source.inflated);
    }
  });
  return sources;
}

bool is_plain(const DicomObject& object) {
  return !object.held && object.syntax->coding == PixelCoding::kNative && !object.syntax->deflated;
}

void read_plain_frame(const FrameRef& frame, void* cells) {
  const DicomObject& object = *frame.object;
  const File file(object.file());
  const uint64_t size = native_frame_bytes(object.format);
  const uint64_t offset = object.pixels->value_offset + size * uint64_t(frame.frame);
  if (file.read_at(offset, cells, static_cast<size_t>(size)) < size) {
    throw_corrupt_pixels(object, "the file ends within its pixels");
  }
}

CellInfo decode_frame(const FrameRef& frame, const PixelSources& sources, std::vector<uint8_t>& cells) {
  const DicomObject& object = *frame.object;
  if (object.syntax->coding != PixelCoding::kNative) return decode_compressed(frame, sources, cells);
  if (object.syntax->deflated) return decode_deflated(frame, sources, cells);
  cells.resize(static_cast<size_t>(native_frame_bytes(object.format)));
  read_plain_frame(frame, cells.data());
  const int bytes = object.format.bits_allocated / 8;
  // PS3.5 section 8.2: in big endian, bytes that were packed into words (OW) come swapped in pairs.
  if (bytes == 1 && object.encoding.big_endian && object.pixels->words) {
    for (size_t i = 0; i + 1 < cells.size(); i += 2) std::swap(cells[i], cells[i + 1]);
  }
  return {.bytes = bytes, .swap_bytes = bytes == 2 && object.encoding.big_endian};
}

}  // namespace hepatica::dicom
