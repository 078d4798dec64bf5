#include "models/liver_cnn/device_inference.h"

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace hepatica {
namespace {

constexpr int64_t kSlicesPerBatch = 16;

// (target, source)
at::Tensor dense_matrix(const ResampleAxis& axis) {
  at::Tensor matrix = at::zeros({axis.target_size, axis.source_size});
  auto* values = matrix.mutable_data_ptr<float>();
  for (int64_t i = 0; i < axis.target_size; ++i) {
    for (int32_t w = axis.weight_begin[i]; w < axis.weight_begin[i + 1]; ++w) {
      values[i * axis.source_size + axis.first[i] + (w - axis.weight_begin[i])] = axis.weights[w];
    }
  }
  return matrix;
}

// Planes (first dimension) by slice and offset: (slices, offsets, rows, columns).
at::Tensor gather_planes(const at::Tensor& planes, const std::vector<int64_t>& indices, int64_t slices) {
  const at::Tensor index = at::tensor(indices, at::kLong).to(planes.device());
  return at::index_select(planes, 0, index).view({slices, -1, planes.size(1), planes.size(2)});
}

}  // namespace

LiverCnnDeviceInference::LiverCnnDeviceInference(const LiverCnnConfig& config, const StateDict& state,
                                                 at::Device device, at::ScalarType dtype, const std::string& file)
    : config_(config), device_(device), dtype_(dtype) {
  const c10::InferenceMode inference_mode;
  weights_ = fold_weights(config, state, file);
  const auto move = [&](FoldedConv& conv) {
    conv.weight = conv.weight.to(device, dtype).contiguous(at::MemoryFormat::ChannelsLast);
    conv.bias = conv.bias.to(device, dtype);
  };
  for (FoldedConv& layer : weights_.layers) move(layer);
  move(weights_.head);
}

at::Tensor LiverCnnDeviceInference::forward(const at::Tensor& channels) const {
  const c10::InferenceMode inference_mode;
  const auto convolve = [](const FoldedConv& conv, const at::Tensor& input, int64_t dilation) {
    const int64_t padding = dilation * (conv.weight.size(2) / 2);
    return at::conv2d(input, conv.weight, conv.bias, 1, padding, dilation);
  };
  std::vector<at::Tensor> outputs;
  at::Tensor features = channels.to(dtype_).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor input = features;
  for (size_t i = 0; i < weights_.layers.size(); ++i) {
    features =
        at::max_pool2d(convolve(weights_.layers[i], features, config_.dilations[i]).relu_(), {3, 3}, {1, 1}, {1, 1});
    outputs.push_back(features);
  }
  if (config_.skip == SkipKind::kAllLayers) features = at::cat(outputs, 1);
  if (config_.skip == SkipKind::kInput) features = at::cat({features, input}, 1);
  const at::Tensor dense = convolve(weights_.head, features, 1).to(at::kFloat);
  if (config_.head == HeadKind::kSubpixel) return at::sigmoid(at::pixel_shuffle(dense, config_.subsampling));
  const int64_t height = dense.size(2) * config_.subsampling;
  const int64_t width = dense.size(3) * config_.subsampling;
  return at::sigmoid(at::upsample_bilinear2d(dense, {height, width}, false));
}

ProbabilityMap LiverCnnDeviceInference::predict(const at::Tensor& equalized, const Geometry& source,
                                                const NetworkInput& frame, Run& run) const {
  const c10::InferenceMode inference_mode;
  ProbabilityMap map;
  map.grid = frame.grid;
  map.canvas = body_canvas(frame, config_.subsampling);
  map.slices = predicted_slices(frame, config_);
  const at::Tensor pictures = canvas_pictures(equalized, source, frame, map.canvas);
  const auto count = static_cast<int64_t>(map.slices.size());
  at::Tensor probabilities = at::empty({count, map.canvas.height, map.canvas.width}, pictures.options());
  for (int64_t begin = 0; begin < count; begin += kSlicesPerBatch) {
    run.check_cancelled();
    const int64_t size = std::min(kSlicesPerBatch, count - begin);
    const at::Tensor probability = forward(channels_of(pictures, frame, map, begin, size));
    probabilities.narrow(0, begin, size).copy_(probability.squeeze(1).mul(255).add(0.5).to(at::kByte));
    run.progress(static_cast<double>(begin + size) / static_cast<double>(count));
  }
  const at::Tensor host = probabilities.cpu().contiguous();
  map.probability.assign(host.const_data_ptr<uint8_t>(), host.const_data_ptr<uint8_t>() + host.numel());
  return map;
}

at::Tensor LiverCnnDeviceInference::canvas_pictures(const at::Tensor& equalized, const Geometry& source,
                                                    const NetworkInput& frame, const Canvas& canvas) const {
  const NetworkGrid& grid = frame.grid;
  const auto axis = [&](int64_t size, double spacing_mm, int64_t grid_size) {
    return dense_matrix(grid_axis(size, spacing_mm, grid_size, grid.spacing_mm)).to(device_);
  };
  const at::Tensor rows = axis(source.size[1], source.spacing_mm[1], grid.height);
  const at::Tensor columns = axis(source.size[0], source.spacing_mm[0], grid.width).t();
  const int64_t height = std::min(canvas.height, grid.height - canvas.y0);
  const int64_t width = std::min(canvas.width, grid.width - canvas.x0);
  at::Tensor pictures = at::zeros({frame.slices, canvas.height, canvas.width}, equalized.options());
  for (int64_t begin = 0; begin < frame.slices; begin += kSlicesPerBatch) {
    const int64_t size = std::min(kSlicesPerBatch, frame.slices - begin);
    const at::Tensor part = equalized.narrow(0, begin, size).to(at::kFloat);
    const at::Tensor resampled = at::matmul(at::matmul(rows, part), columns).round().to(at::kByte);
    pictures.narrow(0, begin, size)
        .narrow(1, 0, height)
        .narrow(2, 0, width)
        .copy_(resampled.narrow(1, canvas.y0, height).narrow(2, canvas.x0, width));
  }
  return pictures;
}

at::Tensor LiverCnnDeviceInference::channels_of(const at::Tensor& pictures, const NetworkInput& frame,
                                                const ProbabilityMap& map, int64_t begin, int64_t size) const {
  const int64_t cell = config_.subsampling;
  const int64_t rows = map.canvas.height / cell;
  const int64_t columns = map.canvas.width / cell;
  std::vector<int64_t> context;
  at::Tensor coordinates = at::empty({size, static_cast<int64_t>(config_.coordinates.size()), rows, columns});
  CanvasTransform shift;
  shift.x0 = static_cast<double>(map.canvas.x0);
  shift.y0 = static_cast<double>(map.canvas.y0);
  for (int64_t i = 0; i < size; ++i) {
    const int64_t z = map.slices[begin + i];
    for (const double offset_mm : config_.context_mm) context.push_back(frame.nearest_slice(z, offset_mm));
    float* planes = coordinates.mutable_data_ptr<float>() + i * coordinates.stride(0);
    fill_coordinates(frame.body[z], shift, config_, rows, columns, planes);
  }
  const at::Tensor image = gather_planes(pictures, context, size).to(at::kFloat).div(255);
  return at::cat({at::pixel_unshuffle(image, cell), coordinates.to(device_)}, 1);
}

}  // namespace hepatica
