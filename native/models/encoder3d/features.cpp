#include "models/encoder3d/features.h"

#include "models/layers/layers.h"

namespace hepatica {
namespace {

// `strides`: cells in one of `level`, x, y, z.
at::Tensor part_of_level(at::Tensor level, const Size3& strides, const Size3& begin, const Size3& length) {
  for (int axis = 0; axis < 3; ++axis) {
    level = level.narrow(4 - axis, begin[axis] / strides[axis], length[axis] / strides[axis]);
  }
  return level.contiguous(channels_last_of(level));
}

}  // namespace

EncoderFeatures EncoderFeatures::part(const Size3& begin, const Size3& length) const {
  return {part_of_level(layer1, {4, 4, 2}, begin, length), part_of_level(layer2, kStride, begin, length)};
}

}  // namespace hepatica
