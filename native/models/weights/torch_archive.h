// State dicts as torch.save has written them since 1.6: a zip archive of a pickle, data.pkl, and one record a storage.
#pragma once

#include "core/input_file.h"
#include "models/state_dict.h"

namespace hepatica {

// The file is hostile: no record may be larger than the file, nor all of them together. Throws as unpickle_state_dict
// does, and CORRUPT_WEIGHTS for an archive that is none or lacks a storage.
StateDict read_torch_archive(const InputFile& input);

}  // namespace hepatica
