// Published weights in either of their forms, told by their content.
#pragma once

#include "core/input_file.h"
#include "models/state_dict.h"

namespace hepatica {

// Whether torch.save wrote it, now or before 1.6. False for a file that cannot be read.
bool is_torch_file(const InputFile& input);

// A safetensors file or a torch archive (.pth, .pt, .bin). "module.", which DataParallel puts before every name, is
// taken off. Throws as SafetensorsFile and read_torch_archive do, and OLD_TORCH_FORMAT for what torch.save wrote
// before 1.6.
StateDict read_state_dict(const InputFile& input);

}  // namespace hepatica
