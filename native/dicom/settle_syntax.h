// How a file is really encoded, where its meta header is silent or wrong: what the bytes themselves show is believed,
// as GDCM and pydicom do, and DicomObject::syntax_repair says so.
#pragma once

#include "dicom/header.h"

namespace hepatica::dicom {

// Sets transfer_syntax_uid, syntax and encoding. A syntax that is not supported keeps its UID.
void settle_encoding(const File& file, Prefix& bytes, const DatasetStart& start, DicomObject& object);

// After the data set is read: native pixels under a compressed syntax, streams under a native one.
void settle_pixel_coding(const File& file, DicomObject& object);

}  // namespace hepatica::dicom
