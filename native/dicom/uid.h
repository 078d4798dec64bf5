// Identifiers that follow from what they name.
#pragma once

#include <string>

#include "core/run.h"
#include "core/volume.h"
#include "dicom/write_ct_series.h"

namespace hepatica::dicom {

// "2.25." and the version-5 UUID (RFC 9562, SHA-1) of `name` in hepatica's name space, as a decimal number (PS3.5 annex
// B.2): the same name gives the same UID.
std::string name_based_uid(const std::string& name);

// A name for a series that is written: a hash of voxels, geometry and attributes, the given UIDs among them. Series
// that differ in any of them have different names.
std::string content_name(const Volume& volume, const CtSeriesAttributes& attributes, Run& run);

// The attributes with every UID set: those that are empty follow from the content.
CtSeriesAttributes with_uids(const CtSeriesAttributes& attributes, const std::string& content);

}  // namespace hepatica::dicom
