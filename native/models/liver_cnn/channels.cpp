#include "models/liver_cnn/channels.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/util/BFloat16.h>

#include <algorithm>

namespace hepatica {

ChannelAssembler::ChannelAssembler(const NetworkInput& input, const LiverCnnConfig& config, const Canvas& canvas,
                                   at::ScalarType dtype)
    : input_(input), config_(config), canvas_(canvas), dtype_(dtype) {
  for (int value = 0; value < 256; ++value) {
    picture_values_.push_back(static_cast<float>(value) / 255);
    prior_values_.push_back(static_cast<float>(value) / 255 * 2 - 1);
  }
}

at::Tensor ChannelAssembler::assemble(std::span<const int64_t> slices, const ProbabilityMap* prior) const {
  const int64_t cell = config_.subsampling;
  const std::array<int64_t, 4> shape = {static_cast<int64_t>(slices.size()), config_.input_channels(),
                                        canvas_.height / cell, canvas_.width / cell};
  at::Tensor channels = at::empty(shape, at::TensorOptions(dtype_).memory_format(at::MemoryFormat::ChannelsLast));
  if (dtype_ == at::kBFloat16) {
    fill(slices, prior, channels.mutable_data_ptr<at::BFloat16>());
  } else {
    fill(slices, prior, channels.mutable_data_ptr<float>());
  }
  return channels;
}

std::vector<ChannelAssembler::Plane> ChannelAssembler::planes_of(int64_t z, const ProbabilityMap* prior) const {
  std::vector<Plane> planes;
  const NetworkGrid& grid = input_.grid;
  for (const double offset_mm : config_.context_mm) {
    const uint8_t* corner = input_.picture(input_.nearest_slice(z, offset_mm)) + canvas_.y0 * grid.width + canvas_.x0;
    planes.push_back({corner, grid.width, std::min(canvas_.width, grid.width - canvas_.x0),
                      std::min(canvas_.height, grid.height - canvas_.y0), picture_values_.data(), 0});
  }
  for (const double offset_mm : config_.prior_context_mm) {
    if (!prior) {
      planes.push_back({});
      continue;
    }
    const int64_t index = nearest_computed(*prior, input_.nearest_slice(z, offset_mm));
    planes.push_back(
        {prior->plane(index), canvas_.width, canvas_.width, canvas_.height, prior_values_.data(), prior_values_[0]});
  }
  return planes;
}

template <class Value>
void ChannelAssembler::fill(std::span<const int64_t> slices, const ProbabilityMap* prior, Value* channels) const {
  const int64_t cell = config_.subsampling;
  const int64_t rows = canvas_.height / cell;
  const int64_t columns = canvas_.width / cell;
  const int64_t depth = config_.input_channels();
  const auto coordinates = static_cast<int64_t>(config_.coordinates.size());
  CanvasTransform shift;
  shift.x0 = static_cast<double>(canvas_.x0);
  shift.y0 = static_cast<double>(canvas_.y0);
  at::parallel_for(0, static_cast<int64_t>(slices.size()), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> position(static_cast<size_t>(coordinates * rows * columns));
    for (int64_t i = begin; i < end; ++i) {
      const std::vector<Plane> planes = planes_of(slices[i], prior);
      fill_coordinates(input_.body[slices[i]], shift, config_, rows, columns, position.data());
      Value* out = channels + i * rows * columns * depth;
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
          for (const Plane& plane : planes) {
            for (int64_t y = row * cell; y < (row + 1) * cell; ++y) {
              for (int64_t x = column * cell; x < (column + 1) * cell; ++x) {
                const bool inside = y < plane.height && x < plane.width;
                *out++ = static_cast<Value>(inside ? plane.values[plane.bytes[y * plane.stride + x]] : plane.outside);
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

int64_t nearest_computed(const ProbabilityMap& map, int64_t z) {
  const auto upper = std::lower_bound(map.slices.begin(), map.slices.end(), z);
  if (upper == map.slices.begin()) return 0;
  const int64_t index = upper - map.slices.begin();
  if (upper == map.slices.end()) return index - 1;
  return *upper - z < z - map.slices[index - 1] ? index : index - 1;
}

}  // namespace hepatica
