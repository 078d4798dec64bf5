// Enhanced and legacy-converted CT: what holds for each frame, from the functional groups (DICOM PS3.3 C.7.6.16).
#pragma once

#include <dcmtk/dcmdata/dcitem.h>

#include "dicom/header.h"

namespace hepatica::dicom {

// Values of the item itself, as single-frame objects hold them.
FrameHeader read_frame_values(DcmItem& item);

// One FrameHeader for each item of PerFrameFunctionalGroupsSequence; empty where the data set has none.
std::vector<FrameHeader> read_functional_groups(DcmItem& dataset);

}  // namespace hepatica::dicom
