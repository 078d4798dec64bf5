#include "networks.h"

#include <fstream>
#include <numeric>
#include <vector>

#include "models/encoder3d/network.h"
#include "models/layers/folded_weights.h"
#include "models/layers/inference_layers.h"
#include "models/lesion3d/inference.h"
#include "models/lesion3d/network.h"
#include "models/liver_cnn/network.h"
#include "models/mdl_cnn/network.h"

namespace hepatica::bench {
namespace {

using nlohmann::json;

// Convolutions with fewer input channels are bound by memory, not by multiply-adds.
constexpr int64_t kLeastInputs = 64;

std::vector<int64_t> sizes_of(const Shape& shape, int64_t channels) {
  return {shape.slices, channels, shape.rows, shape.columns};
}

std::vector<int64_t> box_of(const Shape& shape) { return {1, 1, shape.slices, shape.rows, shape.columns}; }

std::vector<int64_t> context_of(const Shape& shape) {
  const Size3& cells = Encoder3dConfig::kContextCells;
  return {1, 2, shape.slices / cells[2], shape.rows / cells[1], shape.columns / cells[0]};
}

std::vector<float> values_of(at::IntArrayRef sizes) {
  const at::Tensor values = make_channels(sizes, at::kFloat).contiguous();
  return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

// The fine network as segmentation calls it, on cells that are made once.
class Outline {
 public:
  Outline(const Encoder3dModel& model, Precision precision, const Shape& shape)
      : network_(model.inference(at::kCPU, precision)),
        values_(values_of(box_of(shape))),
        coordinates_(values_of(context_of(shape))),
        cells_{shape.columns, shape.rows, shape.slices} {}

  std::vector<float> operator()(const std::vector<int64_t>& classes) const {
    Run run;
    return network_.outline(values_, coordinates_, cells_, classes, run).probability;
  }

 private:
  const Encoder3dInference& network_;
  std::vector<float> values_;
  std::vector<float> coordinates_;
  Size3 cells_;
};

Lesion3dCells cells_of(const Shape& shape) {
  const std::vector<float> values = values_of(box_of(shape));
  return {{shape.columns, shape.rows, shape.slices}, values, values, std::vector<float>(values.size(), 1)};
}

json time_layers(const RecordedLayers& layers, const StateDict& state, Precision precision, int repeats) {
  double flop = 0;
  json convolutions = json::array();
  for (const RecordedConv& layer : layers) {
    const FoldedConv weights = fold_weights({layer}, state).at(layer.layer.name);
    flop += 2 * layer.positions() * static_cast<double>(weights.weight.numel());
    if (layer.layer.in < kLeastInputs) continue;
    convolutions.push_back(time_convolution(layer, weights, layer_type(precision), repeats));
  }
  return {{"gflop", flop / 1e9}, {"convolutions", convolutions}};
}

void write(const at::Tensor& values, std::ofstream& file) {
  const at::Tensor plain = values.contiguous();
  file.write(reinterpret_cast<const char*>(plain.const_data_ptr<float>()),
             static_cast<std::streamsize>(plain.nbytes()));
}

}  // namespace

json time_network(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats) {
  const RecordedLayers layers = liver_cnn_layers(model.config(), shape.slices, shape.rows, shape.columns);
  const at::Tensor input = make_channels(sizes_of(shape, model.config().input_channels()), layer_type(precision));
  const auto& network = model.inference(at::kCPU, precision);
  json timed = time_layers(layers, model.state(), precision, repeats);
  timed["inputs"] = {input.sizes()};
  timed["ms"] = time_ms(repeats, [&] { network.forward(input); });
  return timed;
}

json time_network(const LesionModel& model, Precision precision, const Shape& shape, int repeats) {
  const RecordedLayers layers = mdl_cnn_layers(model.config(), shape.slices, shape.rows, shape.columns);
  const at::Tensor input = make_channels(sizes_of(shape, model.config().input_planes()), at::kFloat).contiguous();
  const auto& network = model.inference(at::kCPU, precision);
  json timed = time_layers(layers, model.state(), precision, repeats);
  timed["inputs"] = {input.sizes()};
  timed["ms"] = time_ms(repeats, [&] { network.forward(input); });
  return timed;
}

json time_network(const Encoder3dModel& model, Precision precision, const Shape& shape, int repeats) {
  const RecordedLayers layers = record([&](Layers& made) {
    Encoder3d(model.config()).forward(made, meta_input(box_of(shape)), meta_input(context_of(shape)));
  });
  json timed = time_layers(layers, model.state(), precision, repeats);
  timed["inputs"] = {box_of(shape), context_of(shape)};
  const Outline outline(model, precision, shape);
  timed["ms"] = time_ms(repeats, [&] { outline({model.structure_class()}); });
  return timed;
}

json time_network(const Location3d& location, Precision precision, const Shape& shape, int repeats) {
  const LesionModel& model = location.model;
  const RecordedLayers layers = record([&](Layers& made) {
    const at::Tensor volume = meta_input(box_of(shape));
    Lesion3d(*model.config().location3d).forward(made, {volume, volume, volume});
  });
  json timed = time_layers(layers, model.state(), precision, repeats);
  timed["inputs"] = {box_of(shape), box_of(shape)};
  const Lesion3dCells cells = cells_of(shape);
  const auto& network = model.inference3d(at::kCPU, precision);
  timed["ms"] = time_ms(repeats, [&] {
    Run run;
    network.locate(cells, run);
  });
  return timed;
}

void write_outputs(const SegmenterModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  write(model.inference(at::kCPU, Precision::kFp32)
            .forward(make_channels(sizes_of(shape, model.config().input_channels()), at::kFloat)),
        file);
}

void write_outputs(const LesionModel& model, const Shape& shape, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  const auto [location, classes] =
      model.inference(at::kCPU, Precision::kFp32)
          .forward(make_channels(sizes_of(shape, model.config().input_planes()), at::kFloat).contiguous());
  write(location, file);
  write(classes, file);
}

void write_outputs(const Encoder3dModel& model, const Shape& shape, const std::string& path) {
  std::vector<int64_t> classes(static_cast<size_t>(model.config().classes()));
  std::iota(classes.begin(), classes.end(), 0);
  const std::vector<float> probability = Outline(model, Precision::kFp32, shape)(classes);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(probability.data()),
             static_cast<std::streamsize>(probability.size() * sizeof(float)));
}

void write_outputs(const Location3d& location, const Shape& shape, const std::string& path) {
  Run run;
  const std::vector<float> probability =
      location.model.inference3d(at::kCPU, Precision::kFp32).locate(cells_of(shape), run);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(probability.data()),
             static_cast<std::streamsize>(probability.size() * sizeof(float)));
}

}  // namespace hepatica::bench
