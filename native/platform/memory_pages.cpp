#include "platform/memory_pages.h"

#include <sys/mman.h>

namespace hepatica {

void prefer_huge_pages(void* begin, size_t bytes) { madvise(begin, bytes, MADV_HUGEPAGE); }

// Linux before 5.14 does not know it.
void map_now([[maybe_unused]] void* begin, [[maybe_unused]] size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  madvise(begin, bytes, MADV_POPULATE_WRITE);
#endif
}

void release_mapped_file(const void* begin, size_t bytes) { madvise(const_cast<void*>(begin), bytes, MADV_DONTNEED); }

}  // namespace hepatica
