#include "core/huge_pages.h"

#include <algorithm>
#include <cstdint>

#include "core/parallel.h"
#include "platform/memory_pages.h"

namespace hepatica {
namespace {

// What a thread maps at a time.
constexpr uintptr_t kStretch = 8 * kHugePageBytes;

struct Pages {
  uintptr_t first;
  uintptr_t last;  // after the last one
};

Pages pages_inside(void* begin, size_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(begin);
  const uintptr_t first = (address + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  return {first, std::max(first, (address + bytes) / kHugePageBytes * kHugePageBytes)};
}

}  // namespace

void advise_huge_pages(void* begin, size_t bytes) {
  const Pages pages = pages_inside(begin, bytes);
  if (pages.first < pages.last) prefer_huge_pages(reinterpret_cast<void*>(pages.first), pages.last - pages.first);
}

void map_huge_pages(void* begin, size_t bytes, Run& run) {
  advise_huge_pages(begin, bytes);
  const Pages pages = pages_inside(begin, bytes);
  const auto stretches = static_cast<int64_t>((pages.last - pages.first + kStretch - 1) / kStretch);
  parallel_for(stretches, run, [&](int64_t i) {
    const uintptr_t start = pages.first + static_cast<uintptr_t>(i) * kStretch;
    map_now(reinterpret_cast<void*>(start), std::min(kStretch, pages.last - start));
  });
}

}  // namespace hepatica
