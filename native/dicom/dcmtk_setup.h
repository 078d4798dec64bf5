// Process-wide set-up of DCMTK: decoders and encoders registered, logging off, dictionary complete for what is read.
#pragma once

namespace hepatica::dicom {

// Cheap after the first call; thread-safe. DCMTK loads its dictionary from the files that its build names (or from
// DCMDICTPATH); where they are absent, as on a machine without DCMTK, the elements of tags.h are entered from there.
void ensure_dcmtk_ready();

}  // namespace hepatica::dicom
