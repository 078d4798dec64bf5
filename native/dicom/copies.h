// Slices that a source holds more than once: a copy has the place and the pixels of another, whatever its UID says.
#pragma once

#include <vector>

#include "dicom/group.h"

namespace hepatica::dicom {

// Of objects with the same SOPInstanceUID and place one that is cut is left out where another is whole. What remains
// may still hold copies, and slices that have nothing in common but the UID.
std::vector<const DicomObject*> drop_damaged_copies(const std::vector<const DicomObject*>& objects,
                                                    std::vector<ExcludedFile>& excluded);

// `frames` share a grid. Only frames at one place are decoded. Throws Error CORRUPT_FILE.
std::vector<FrameRef> drop_copies(const std::vector<FrameRef>& frames, std::vector<ExcludedFile>& excluded, Run& run);

// Warns of SOPInstanceUIDs that several objects without copies share.
void warn_of_shared_uids(const std::vector<SubVolume>& volumes, Run& run);

}  // namespace hepatica::dicom
