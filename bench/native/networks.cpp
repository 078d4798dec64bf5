#include "networks.h"

#include <fstream>

#include "models/liver_cnn/folded_weights.h"

namespace hepatica::bench {
namespace {

using nlohmann::json;

// Convolutions with fewer input channels are bound by memory, not by multiply-adds.
constexpr int64_t kLeastInputs = 64;

at::ScalarType dtype_of(Precision precision) { return precision == Precision::kBf16 ? at::kBFloat16 : at::kFloat; }

// As inference folds them: the head's output is the difference of both classes, half as wide as the one in the file.
json time_convolutions(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats) {
  const FoldedWeights folded = fold_weights(model.config(), model.state(), "");
  const auto time_one = [&](const char* name, const FoldedConv& conv, bool relu, int64_t dilation) {
    return time_convolution(name, conv.weight, relu, dilation, dtype_of(precision), shape, repeats);
  };
  return json::array({time_one("conv2", folded.layers[1], true, model.config().dilations[1]),
                      time_one("conv3", folded.layers[2], true, model.config().dilations[2]),
                      time_one("head", folded.head, false, 1)});
}

// How much smaller than the region the layer's picture is in each direction; by the tensor's name.
int64_t stride_of(const std::string& name) {
  if (name.starts_with("base.conv1")) return 2;
  for (int stage = 2; stage <= 4; ++stage) {
    const std::string number = std::to_string(stage);
    const bool of_stage = name.starts_with("base.layer" + number) || name.starts_with("merge" + number);
    if (of_stage) return MdlCnnConfig::kCell << (stage - 1);
  }
  return MdlCnnConfig::kCell;
}

Shape shape_of(const std::string& name, const Shape& region) {
  return {region.slices, region.rows / stride_of(name), region.columns / stride_of(name)};
}

double gflop(const LesionModel& model, const Shape& region) {
  double total = 0;
  for (const auto& [name, tensor] : model.state()) {
    if (tensor.dim() != 4) continue;
    const Shape shape = shape_of(name, region);
    total +=
        2e-9 * static_cast<double>(tensor.numel()) * static_cast<double>(shape.slices * shape.rows * shape.columns);
  }
  return total;
}

json time_convolutions(const LesionModel& model, Precision precision, const Shape& region, int repeats) {
  json layers = json::array();
  for (const auto& [name, tensor] : model.state()) {
    if (tensor.dim() != 4 || tensor.size(1) < kLeastInputs) continue;
    const bool relu = !name.starts_with("merge") && name.find("head") == std::string::npos;
    const std::string layer = name.substr(0, name.rfind(".weight"));
    layers.push_back(time_convolution(layer, tensor, relu, 1, dtype_of(precision), shape_of(name, region), repeats));
  }
  return layers;
}

void write(const at::Tensor& values, std::ofstream& file) {
  const at::Tensor plain = values.contiguous();
  file.write(reinterpret_cast<const char*>(plain.const_data_ptr<float>()),
             static_cast<std::streamsize>(plain.nbytes()));
}

at::Tensor region_of(const LesionModel& model, const Shape& shape) {
  return make_channels(shape, model.config().input_planes(), at::kFloat).contiguous();
}

}  // namespace

json time_network(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats) {
  const LiverCnnInference& network = model.inference(precision);
  const int64_t channels = model.config().input_channels();
  const at::Tensor input = make_channels(shape, channels, network.dtype());
  return {{"channels", channels},
          {"gflop", static_cast<double>(shape.slices) * model.config().flop(shape.rows * shape.columns) / 1e9},
          {"ms", time_ms(repeats, [&] { network.forward(input); })},
          {"convolutions", time_convolutions(model, precision, shape, repeats)}};
}

json time_network(const LesionModel& model, Precision precision, const Shape& shape, int repeats) {
  const MdlCnnInference& network = model.inference(precision);
  const at::Tensor input = region_of(model, shape);
  return {{"channels", model.config().input_planes()},
          {"gflop", gflop(model, shape)},
          {"ms", time_ms(repeats, [&] { network.forward(input); })},
          {"convolutions", time_convolutions(model, precision, shape, repeats)}};
}

void write_outputs(const SegmenterModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  write(model.inference(Precision::kFp32).forward(make_channels(shape, model.config().input_channels(), at::kFloat)),
        file);
}

void write_outputs(const LesionModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const auto [location, classes] = model.inference(Precision::kFp32).forward(region_of(model, shape));
  write(location, file);
  write(classes, file);
}

}  // namespace hepatica::bench
