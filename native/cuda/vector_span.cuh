// How a slice splits into 16-byte vectors: a scalar head up to the first aligned address, vectors, a scalar tail.
#pragma once

#include <cstdint>

namespace hepatica::cuda {

// Vectors cover [head, head + vectors * width); the `scalars` elements before and after them are done one by one.
struct VectorSpan {
  uint32_t head;
  uint32_t vectors;
  uint32_t scalars;
};

// Elements since the last address that a vector of `width` elements may start at.
template <class Element>
__device__ inline uint32_t vector_phase(const Element* address, uint32_t width) {
  return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(address) / sizeof(Element)) % width;
}

// Vectors need source and target to reach an aligned address at the same element; else everything is scalar.
__device__ inline VectorSpan split_span(uint32_t source_phase, uint32_t target_phase, uint32_t count, uint32_t width) {
  const uint32_t head = (width - source_phase) % width;
  if (source_phase != target_phase || head >= count) return {0, 0, count};
  const uint32_t vectors = (count - head) / width;
  return {head, vectors, count - vectors * width};
}

// The element that the scalar loop's counter stands for: the head first, then what follows the vectors.
__device__ inline uint32_t scalar_element(const VectorSpan& span, uint32_t counter, uint32_t width) {
  return counter < span.head ? counter : counter + span.vectors * width;
}

}  // namespace hepatica::cuda
