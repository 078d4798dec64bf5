#include "core/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"

namespace hepatica {
namespace {

constexpr uintptr_t kPage = uintptr_t{2} << 20U;
// What a thread maps at a time.
constexpr uintptr_t kStretch = 8 * kPage;

}  // namespace

void map_huge_pages(void* begin, size_t bytes, Run& run) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t first = (address + kPage - 1) / kPage * kPage;
  const uintptr_t last = (address + bytes) / kPage * kPage;
  if (first >= last) return;
  // Advice only: where the system refuses it (Linux before 5.14, huge pages turned off) the memory is mapped as it is
  // touched.
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  const auto stretches = static_cast<int64_t>((last - first + kStretch - 1) / kStretch);
  parallel_for(stretches, run, [&](int64_t i) {
    const uintptr_t start = first + static_cast<uintptr_t>(i) * kStretch;
    madvise(reinterpret_cast<void*>(start), std::min(kStretch, last - start), MADV_POPULATE_WRITE);
  });
#endif
}

}  // namespace hepatica
