#include "networks.h"

#include <fstream>

#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"
#include "models/liver_cnn/network.h"
#include "models/mdl_cnn/network.h"

namespace hepatica::bench {
namespace {

using nlohmann::json;

// Convolutions with fewer input channels are bound by memory, not by multiply-adds.
constexpr int64_t kLeastInputs = 64;

RecordedLayers layers_of(const SegmenterModel& model, const Shape& shape) {
  return liver_cnn_layers(model.config(), shape.slices, shape.rows, shape.columns);
}

RecordedLayers layers_of(const LesionModel& model, const Shape& shape) {
  return mdl_cnn_layers(model.config(), shape.slices, shape.rows, shape.columns);
}

at::Tensor input_of(const SegmenterModel& model, const Shape& shape, at::ScalarType dtype) {
  return make_channels(shape, model.config().input_channels(), dtype);
}

at::Tensor input_of(const LesionModel& model, const Shape& shape, at::ScalarType) {
  return make_channels(shape, model.config().input_planes(), at::kFloat).contiguous();
}

template <class Model>
json time_model(const Model& model, Precision precision, const Shape& shape, int repeats) {
  const auto& network = model.inference(at::kCPU, precision);
  const RecordedLayers layers = layers_of(model, shape);
  const at::Tensor input = input_of(model, shape, layer_type(precision));
  double flop = 0;
  json convolutions = json::array();
  for (const RecordedConv& layer : layers) {
    const FoldedConv weights = fold_weights({layer}, model.state()).at(layer.layer.name);
    flop += 2 * layer.positions() * static_cast<double>(weights.weight.numel());
    if (layer.layer.in < kLeastInputs) continue;
    convolutions.push_back(time_convolution(layer, weights, layer_type(precision), repeats));
  }
  return {{"channels", input.size(1)},
          {"gflop", flop / 1e9},
          {"ms", time_ms(repeats, [&] { network.forward(input); })},
          {"convolutions", convolutions}};
}

void write(const at::Tensor& values, std::ofstream& file) {
  const at::Tensor plain = values.contiguous();
  file.write(reinterpret_cast<const char*>(plain.const_data_ptr<float>()),
             static_cast<std::streamsize>(plain.nbytes()));
}

}  // namespace

json time_network(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats) {
  return time_model(model, precision, shape, repeats);
}

json time_network(const LesionModel& model, Precision precision, const Shape& shape, int repeats) {
  return time_model(model, precision, shape, repeats);
}

void write_outputs(const SegmenterModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  write(model.inference(at::kCPU, Precision::kFp32).forward(input_of(model, shape, at::kFloat)), file);
}

void write_outputs(const LesionModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const auto [location, classes] =
      model.inference(at::kCPU, Precision::kFp32).forward(input_of(model, shape, at::kFloat));
  write(location, file);
  write(classes, file);
}

}  // namespace hepatica::bench
