// What is computed over the items of all processes that train together.
#pragma once

#include <cstdint>
#include <vector>

#include "models/layers/process_sum.h"
#include "training/loop/communicator.h"

namespace hepatica {

// x summed over all processes, `x` itself where there is one. All of them go on to compute the same loss from it, each
// with the gradient of its own x: what their gradients add up to is the loss' gradient.
at::Tensor sum_over_processes(const at::Tensor& x, const ProcessSum& sum);

// Of the values that all processes have together; one may have none.
at::Tensor mean_over_processes(const at::Tensor& values, const ProcessSum& sum);

// Which items of a mini-batch one process computes: of each part that is computed at once, a piece.
class BatchShare {
 public:
  BatchShare(int64_t size, int64_t accumulation, const Communicator& communicator);

  // Of all processes' items together.
  int64_t size() const { return size_; }
  // Ascending, as indices into the whole mini-batch.
  const std::vector<int64_t>& items() const { return items_; }

  // Where in items() those of the whole mini-batch's [begin, end) lie.
  struct Range {
    int64_t begin, end;
  };
  Range own(int64_t begin, int64_t end) const;

  // Items of a part; the last one may be smaller.
  static int64_t part_size(int64_t size, int64_t accumulation) { return (size + accumulation - 1) / accumulation; }

 private:
  int64_t size_;
  std::vector<int64_t> items_;
};

}  // namespace hepatica
