// Memory of tensors on the CPU that is kept between operations: blocks of many megabytes are otherwise mapped and
// faulted in anew by each operation, which takes longer than the convolutions (native.md).
#pragma once

#include <cstddef>

namespace hepatica {

// Makes it libtorch's CPU allocator; once in a process, before the first tensor of the add-on, any further call does
// nothing. Never removed: tensors may outlive everything else.
void install_caching_allocator();

// Idle blocks go back to the system. The inference queue does so when it runs empty.
void release_cached_memory();

struct CachedMemory {
  size_t in_use_bytes = 0;  // of large blocks
  size_t idle_bytes = 0;
  size_t peak_bytes = 0;  // most that was ever in use and idle together
};
// All zero where the allocator was not installed.
CachedMemory cached_memory();

}  // namespace hepatica
