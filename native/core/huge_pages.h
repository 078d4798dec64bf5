// Large arrays on huge pages, mapped by several threads: first touch in pages of 4 KiB by one thread takes longer than
// reading a series' files.
#pragma once

#include <cstddef>
#include <vector>

#include "core/run.h"

namespace hepatica {

// Maps the huge pages that lie wholly inside memory that was not touched yet, on the run's threads.
void map_huge_pages(void* begin, size_t bytes, Run& run);

// resize() of an empty vector that may be large.
template <class Value>
void resize_on_huge_pages(std::vector<Value>& values, size_t count, Run& run) {
  values.reserve(count);
  map_huge_pages(values.data(), count * sizeof(Value), run);
  values.resize(count);
}

}  // namespace hepatica
