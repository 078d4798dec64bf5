// The part of Python's pickle language, protocol 2, that torch.save writes for state dicts: containers, numbers,
// strings and tensors. Nothing is executed: every callable but the four that state dicts need is refused by name.
// Opcodes: Python's Lib/pickletools.py. The bytes are hostile.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "models/state_dict.h"

namespace hepatica {

// The elements of one storage, one-dimensional; `key` names it in the archive. Called once a key.
using StorageReader = std::function<at::Tensor(const std::string& key, at::ScalarType dtype, int64_t elements)>;

// The tensors of a pickled dict or OrderedDict of tensors; views share their storage. At most 4 MiB of pickle. Throws,
// naming `file`: UNSAFE_PICKLE for another callable (field: its name), CORRUPT_WEIGHTS for what is no such pickle,
// contradicts itself or reaches out of a storage, WRONG_MODEL for a pickle of something else.
StateDict unpickle_state_dict(std::string_view bytes, const StorageReader& read_storage, const std::string& file);

}  // namespace hepatica
