// What the 3-D lesion network is shown beside the encoder's features, at each of its levels. Tensors (N, channels, z,
// y, x); whichever device the two volumes lie on.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "models/encoder3d/tiles.h"

namespace hepatica {

class Surroundings {
 public:
  static constexpr int64_t kFine = 11;
  static constexpr int64_t kCoarse = 3;

  // Both (N, 1, z, y, x), float32, sizes in multiples of 8: grey relative to the liver's, and 1 inside the liver.
  Surroundings(const at::Tensor& relative, const at::Tensor& mask);

  // Of a part, (N, kFine, slices, rows, columns): grey and mask of each cell, smoothed grey, and how much of what lies
  // around is liver.
  at::Tensor fine(const FinePart& part) const;
  // (N, kCoarse, z / 2, y / 4, x / 4), and half of those sizes: grey of the liver, how much of the cell is liver, and
  // how much of what lies around.
  const at::Tensor& middle() const { return middle_; }
  const at::Tensor& coarse() const { return coarse_; }

 private:
  at::Tensor relative_;
  at::Tensor mask_;
  at::Tensor around_;  // of the fine channels those that see neighbours
  at::Tensor middle_;
  at::Tensor coarse_;
};

}  // namespace hepatica
