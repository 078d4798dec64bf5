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

struct Pages {
  uintptr_t first;
  uintptr_t last;  // after the last one
};

Pages pages_inside(void* begin, size_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t first = (address + kPage - 1) / kPage * kPage;
  return {first, std::max(first, (address + bytes) / kPage * kPage)};
}

}  // namespace

// Advice only: where the system refuses it (Linux before 5.14, huge pages turned off) the memory is mapped as it is
// touched.
void advise_huge_pages(void* begin, size_t bytes) {
  const Pages pages = pages_inside(begin, bytes);
  if (pages.first < pages.last) {
    madvise(reinterpret_cast<void*>(pages.first), pages.last - pages.first, MADV_HUGEPAGE);
  }
}

void map_huge_pages(void* begin, size_t bytes, Run& run) {
  advise_huge_pages(begin, bytes);
#ifdef MADV_POPULATE_WRITE
  const Pages pages = pages_inside(begin, bytes);
  const auto stretches = static_cast<int64_t>((pages.last - pages.first + kStretch - 1) / kStretch);
  parallel_for(stretches, run, [&](int64_t i) {
    const uintptr_t start = pages.first + static_cast<uintptr_t>(i) * kStretch;
    madvise(reinterpret_cast<void*>(start), std::min(kStretch, pages.last - start), MADV_POPULATE_WRITE);
  });
#endif
}

}  // namespace hepatica
