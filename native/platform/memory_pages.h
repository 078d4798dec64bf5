// Pages of memory larger than the system's usual ones, where it has them: advice, which changes no value.
#pragma once

#include <cstddef>

namespace hepatica {

inline constexpr size_t kHugePageBytes = size_t{2} << 20U;

// The memory, whole huge pages, may be mapped in such.
void prefer_huge_pages(void* begin, size_t bytes);

// Maps memory that was not touched yet; where the system cannot, it is mapped as it is touched.
void map_now(void* begin, size_t bytes);

}  // namespace hepatica
