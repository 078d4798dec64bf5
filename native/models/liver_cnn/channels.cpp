#include "models/liver_cnn/channels.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>

#include <algorithm>

namespace hepatica {

ChannelAssembler::ChannelAssembler(const NetworkInput& input, const LiverCnnConfig& config, const Canvas& canvas,
                                   at::ScalarType dtype)
    : input_(input), config_(config), canvas_(canvas), dtype_(dtype) {
  for (size_t value = 0; value < values_.size(); ++value) values_[value] = static_cast<float>(value) / 255;
}

at::Tensor ChannelAssembler::assemble(std::span<const int64_t> slices) const {
  const int64_t cell = config_.subsampling;
  const std::array<int64_t, 4> shape = {static_cast<int64_t>(slices.size()), config_.input_channels(),
                                        canvas_.height / cell, canvas_.width / cell};
  at::Tensor channels = at::empty(shape, at::TensorOptions(dtype_).memory_format(at::MemoryFormat::ChannelsLast));
  if (dtype_ == at::kBFloat16) {
    fill(slices, channels.mutable_data_ptr<at::BFloat16>());
  } else {
    fill(slices, channels.mutable_data_ptr<float>());
  }
  return channels;
}

std::vector<const uint8_t*> ChannelAssembler::pictures_around(int64_t z) const {
  std::vector<const uint8_t*> pictures;
  for (const double offset_mm : config_.context_mm) {
    pictures.push_back(input_.picture(input_.nearest_slice(z, offset_mm)) + canvas_.y0 * input_.grid.width +
                       canvas_.x0);
  }
  return pictures;
}

template <class Value>
void ChannelAssembler::fill(std::span<const int64_t> slices, Value* channels) const {
  const int64_t cell = config_.subsampling;
  const int64_t rows = canvas_.height / cell;
  const int64_t columns = canvas_.width / cell;
  const int64_t depth = config_.input_channels();
  const auto coordinates = static_cast<int64_t>(config_.coordinates.size());
  const int64_t stride = input_.grid.width;
  const int64_t height = std::min(canvas_.height, input_.grid.height - canvas_.y0);
  const int64_t width = std::min(canvas_.width, stride - canvas_.x0);
  CanvasTransform shift;
  shift.x0 = static_cast<double>(canvas_.x0);
  shift.y0 = static_cast<double>(canvas_.y0);
  at::parallel_for(0, static_cast<int64_t>(slices.size()), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> position(static_cast<size_t>(coordinates * rows * columns));
    for (int64_t i = begin; i < end; ++i) {
      const std::vector<const uint8_t*> pictures = pictures_around(slices[i]);
      fill_coordinates(input_.body[slices[i]], shift, config_, rows, columns, position.data());
      Value* out = channels + i * rows * columns * depth;
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
          for (const uint8_t* picture : pictures) {
            for (int64_t y = row * cell; y < (row + 1) * cell; ++y) {
              for (int64_t x = column * cell; x < (column + 1) * cell; ++x) {
                const bool inside = y < height && x < width;
                *out++ = static_cast<Value>(inside ? values_[picture[y * stride + x]] : 0.0F);
              }
            }
          }
          for (int64_t c = 0; c < coordinates; ++c) {
            *out++ = static_cast<Value>(position[(c * rows + row) * columns + column]);
          }
        }
      }
    }
  });
}

}  // namespace hepatica
