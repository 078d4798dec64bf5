#include "models/layers/max_pool.h"

#include <ATen/ATen.h>
#include <doctest/doctest.h>

using namespace hepatica;

TEST_CASE("the separable pool equals ATen's") {
  for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
    for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 1}, {1, 7}, {9, 1}, {2, 2}, {33, 17}}) {
      const at::Tensor input =
          at::rand({3, 20, rows, columns}).sub(0.5).relu().to(dtype).contiguous(at::MemoryFormat::ChannelsLast);
      const at::Tensor expected = at::max_pool2d(input, {3, 3}, {1, 1}, {1, 1});
      const at::Tensor pooled = max_pool_3x3(input);
      CHECK_MESSAGE(at::equal(pooled, expected), rows << " x " << columns);
      CHECK(pooled.is_contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}
