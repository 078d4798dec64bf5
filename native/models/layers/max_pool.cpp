#include "models/layers/max_pool.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "platform/cpu_clones.h"

namespace hepatica {
namespace {

// Below this many rows a chunk costs more to start than to run.
constexpr int64_t kRowsPerChunk = 8;

// One row of width * channels values: the larger of each value and its neighbours above and below, then of the pixels
// left and right.
HEPATICA_CPU_CLONES void pool_row(const float* above, const float* row, const float* below, int64_t channels,
                                  int64_t count, float* column_max, float* pooled) {
  for (int64_t i = 0; i < count; ++i) {
    const float larger = above[i] > row[i] ? above[i] : row[i];
    column_max[i] = larger > below[i] ? larger : below[i];
  }
  for (int64_t i = 0; i < count; ++i) {
    const float larger = column_max[i - channels] > column_max[i] ? column_max[i - channels] : column_max[i];
    pooled[i] = larger > column_max[i + channels] ? larger : column_max[i + channels];
  }
}

HEPATICA_CPU_CLONES void pool_row(const uint16_t* above, const uint16_t* row, const uint16_t* below, int64_t channels,
                                  int64_t count, uint16_t* column_max, uint16_t* pooled) {
  for (int64_t i = 0; i < count; ++i) {
    const uint16_t larger = above[i] > row[i] ? above[i] : row[i];
    column_max[i] = larger > below[i] ? larger : below[i];
  }
  for (int64_t i = 0; i < count; ++i) {
    const uint16_t larger = column_max[i - channels] > column_max[i] ? column_max[i - channels] : column_max[i];
    pooled[i] = larger > column_max[i + channels] ? larger : column_max[i + channels];
  }
}

template <class Value>
void pool_rows(const Value* input, Value* output, const at::Tensor& shape, int64_t begin, int64_t end) {
  const int64_t channels = shape.size(1);
  const int64_t height = shape.size(2);
  const int64_t count = shape.size(3) * channels;
  // A pixel of zeros on each side stands for what lies outside: nothing is smaller.
  std::vector<Value> column_max(static_cast<size_t>(count + 2 * channels), Value{0});
  for (int64_t index = begin; index < end; ++index) {
    const int64_t y = index % height;
    const Value* row = input + index * count;
    const Value* above = y > 0 ? row - count : row;
    const Value* below = y + 1 < height ? row + count : row;
    pool_row(above, row, below, channels, count, column_max.data() + channels, output + index * count);
  }
}

}  // namespace

at::Tensor max_pool_3x3(const at::Tensor& activations) {
  TORCH_CHECK(activations.is_contiguous(at::MemoryFormat::ChannelsLast), "max_pool_3x3 takes channels-last data");
  at::Tensor pooled = at::empty_like(activations);
  const int64_t rows = activations.size(0) * activations.size(2);
  at::parallel_for(0, rows, kRowsPerChunk, [&](int64_t begin, int64_t end) {
    if (activations.scalar_type() == at::kBFloat16) {
      pool_rows(static_cast<const uint16_t*>(activations.const_data_ptr()),
                static_cast<uint16_t*>(pooled.mutable_data_ptr()), activations, begin, end);
    } else {
      pool_rows(activations.const_data_ptr<float>(), pooled.mutable_data_ptr<float>(), activations, begin, end);
    }
  });
  return pooled;
}

}  // namespace hepatica
