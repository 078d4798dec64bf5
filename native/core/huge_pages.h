// Large arrays on huge pages, mapped by several threads: first touch in pages of 4 KiB by one thread takes longer than
// reading a series' files.
#pragma once

#include <cstddef>
#include <vector>

#include "core/run.h"

namespace hepatica {

// Has memory that was not touched yet mapped in huge pages where it is touched.
void advise_huge_pages(void* begin, size_t bytes);

// Maps the huge pages that lie wholly inside memory that was not touched yet, on the run's threads.
void map_huge_pages(void* begin, size_t bytes, Run& run);

// reserve() of an empty vector that may be large and is filled by one thread.
template <class Value>
void reserve_on_huge_pages(std::vector<Value>& values, size_t count) {
  values.reserve(count);
  advise_huge_pages(values.data(), count * sizeof(Value));
}

// resize() of an empty vector that may be large.
template <class Value>
void resize_on_huge_pages(std::vector<Value>& values, size_t count, Run& run) {
  values.reserve(count);
  map_huge_pages(values.data(), count * sizeof(Value), run);
  values.resize(count);
}

}  // namespace hepatica
