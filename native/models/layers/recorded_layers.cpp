#include "models/layers/recorded_layers.h"

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <set>
#include <utility>

namespace hepatica {
namespace {

std::vector<int64_t> windowed(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) {
  std::vector<int64_t> shape = x.sizes().vec();
  // Padding by half of an odd window keeps the size.
  for (size_t axis = 0; axis < window.size(); ++axis) shape[axis + 2] = (shape[axis + 2] - 1) / stride[axis] + 1;
  return shape;
}

class Recorder : public Layers {
 public:
  at::Tensor input(const at::Tensor& x) override { return x; }

  at::Tensor conv(const Conv& layer, const at::Tensor& x) override { return note(layer, x, false); }

  at::Tensor conv_add(const Conv& layer, const at::Tensor& x, const at::Tensor& residual) override {
    at::Tensor sum = note(layer, x, true);
    TORCH_CHECK(sum.sizes() == residual.sizes(), layer.name, " adds ", residual.sizes(), " to ", sum.sizes());
    return sum;
  }

  at::Tensor max_pool(const at::Tensor& x, at::IntArrayRef window, at::IntArrayRef stride) override {
    return meta_input(windowed(x, window, stride));
  }

  RecordedLayers layers;

 private:
  at::Tensor note(const Conv& layer, const at::Tensor& x, bool adds) {
    TORCH_CHECK(names_.insert(layer.name).second, layer.name, " is the name of two layers");
    TORCH_CHECK(x.dim() == static_cast<int64_t>(layer.kernel.size()) + 2 && x.size(1) == layer.in, layer.name,
                " does not take ", x.sizes());
    for (const int64_t size : layer.kernel) TORCH_CHECK(size % 2 == 1, layer.name, " has an even kernel");
    layers.push_back({layer, x.sizes().vec(), adds});
    std::vector<int64_t> shape = windowed(x, layer.kernel, layer.strides());
    shape[1] = layer.out;
    return meta_input(shape);
  }

  std::set<std::string> names_;
};

}  // namespace

RecordedLayers record(const std::function<void(Layers&)>& forward) {
  const c10::InferenceMode inference_mode;
  Recorder recorder;
  forward(recorder);
  return std::move(recorder.layers);
}

double RecordedConv::positions() const {
  const std::vector<int64_t> strides = layer.strides();
  auto count = static_cast<double>(input[0]);
  for (size_t axis = 0; axis < strides.size(); ++axis) {
    count *= static_cast<double>((input[axis + 2] - 1) / strides[axis] + 1);
  }
  return count;
}

std::vector<std::pair<std::string, std::vector<int64_t>>> state_shapes(const RecordedLayers& layers) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
  for (const auto& [layer, input, adds] : layers) {
    shapes.emplace_back(layer.name + ".weight", layer.weight_shape());
    if (layer.has_bias()) shapes.push_back({layer.name + ".bias", {layer.out}});
    if (!layer.has_norm()) continue;
    for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
      shapes.push_back({layer.norm + part, {layer.out}});
    }
    shapes.push_back({layer.norm + ".num_batches_tracked", {}});
  }
  return shapes;
}

bool is_counter(const std::string& tensor) { return tensor.ends_with(".num_batches_tracked"); }

at::Tensor meta_input(at::IntArrayRef shape) { return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat)); }

}  // namespace hepatica
