// The texts of a header that objects written of its series repeat.
#pragma once

#include <dcmtk/dcmdata/dcitem.h>

#include <string>
#include <vector>

#include "core/run.h"
#include "core/source_identity.h"
#include "dicom/header.h"

namespace hepatica::dicom {

// As they stand in the file, UTF-8.
SourceIdentity read_source_attributes(DcmItem& dataset, const DicomObject& object, const std::string& character_set);

// The same texts, each as its value representation takes it (PS3.5 table 6.2-1): what is too long is cut, dates, times
// and codes that are none are left out; `repairs` names the fields that lost something.
SourceIdentity fitted(const SourceIdentity& source, std::vector<Warning>& repairs);

// The texts that hold what no character set explains, by name; empty: none does.
std::string undecoded_texts(const DicomObject& object);

}  // namespace hepatica::dicom
