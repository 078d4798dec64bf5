// What the system is told of pages of memory: larger ones, now, or no longer. Advice, which changes no value.
#pragma once

#include <cstddef>

namespace hepatica {

inline constexpr size_t kHugePageBytes = size_t{2} << 20U;

// The memory, whole huge pages, may be mapped in such.
void prefer_huge_pages(void* begin, size_t bytes);

// Maps memory that was not touched yet; where the system cannot, it is mapped as it is touched.
void map_now(void* begin, size_t bytes);

// Of a file that is mapped to be read: its pages take none of the process' memory until they are looked at again. The
// system keeps them as long as it has room.
void release_mapped_file(const void* begin, size_t bytes);

}  // namespace hepatica
