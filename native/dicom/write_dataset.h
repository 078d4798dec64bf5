// What the writers of CT objects share: elements, identifiers, pixels, and the file itself.
#pragma once

#include <dcmtk/dcmdata/dcfilefo.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/volume.h"
#include "dicom/tags.h"
#include "dicom/transfer_syntax.h"
#include "dicom/write_ct_series.h"

namespace hepatica::dicom {

void put(DcmItem& item, Tag tag, DcmEVR vr, const std::string& value);
void put(DcmItem& item, Tag tag, uint16_t value);

// Decimal strings (DS) of at most 16 characters, as many digits as fit.
std::string decimal_string(double value);
std::string decimal_strings(const std::vector<double>& values);

// Patient, study, series, equipment, frame of reference.
void put_identity(DcmItem& dataset, const CtSeriesAttributes& attributes, const std::string& sop_class_uid,
                  const std::string& sop_instance_uid);

// ImageType, of which `form` is the third value and what follows: DERIVED with a DerivationDescription where the
// attributes have one.
void put_image_type(DcmItem& dataset, const CtSeriesAttributes& attributes, const std::string& form);

// Rows, Columns and the description of cells: unsigned 16-bit values.
void put_pixel_format(DcmItem& dataset, const Geometry& geometry);

// HU of slices [first, first + count) as cells with an intercept of kStoredIntercept; `clamped` grows by the number of
// those that no cell can hold.
inline constexpr int kStoredIntercept = -1024;
std::vector<uint16_t> to_stored(const Volume& volume, int64_t first, int64_t count, int64_t& clamped);

void put_pixels(DcmItem& dataset, const std::vector<uint16_t>& stored);

std::vector<double> orientation_of(const Geometry& geometry);
double thickness_of(const Geometry& geometry, const CtSeriesAttributes& attributes);

// Throws Error UNSUPPORTED_TRANSFER_SYNTAX.
const TransferSyntax& writable_syntax(const std::string& uid);

// Writes to a temporary name beside `path`, then renames. Throws Error OUTPUT_UNWRITABLE, UNSUPPORTED_TRANSFER_SYNTAX.
void save_file(DcmFileFormat& file, const std::string& path, const std::string& transfer_syntax_uid);

}  // namespace hepatica::dicom
