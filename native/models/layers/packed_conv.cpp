#include "models/layers/packed_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string_view>

namespace hepatica {
namespace {

using OptionalScalars = c10::List<std::optional<at::Scalar>>;
using OptionalTensor = std::optional<at::Tensor>;
using OptionalName = std::optional<std::string_view>;
using Sizes = at::IntArrayRef;
using PackWeight = at::Tensor(const at::Tensor&, Sizes, Sizes, Sizes, int64_t, at::OptionalIntArrayRef);
using Convolve = at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, Sizes, Sizes, Sizes, int64_t,
                            std::string_view, OptionalScalars, OptionalName);
using ConvolveAndAdd = at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const OptionalTensor&, Sizes,
                                  Sizes, Sizes, int64_t, std::string_view, std::optional<at::Scalar>, OptionalName,
                                  OptionalScalars, OptionalName);

// The batch that weights are packed for: their layout does not depend on it.
constexpr int64_t kPackingBatch = 8;

template <class Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

}  // namespace

PackedConv::PackedConv(const RecordedConv& recorded, const FoldedConv& conv, at::ScalarType dtype)
    : bias_(conv.bias.to(dtype)),
      padding_(recorded.layer.padding()),
      dilation_(recorded.layer.dilations()),
      stride_(recorded.layer.strides()),
      relu_(recorded.layer.activation == Activation::kRelu) {
  static const auto pack_weight = find_operator<PackWeight>("mkldnn::_reorder_convolution_weight");
  std::vector<int64_t> input_size = recorded.input;
  input_size[0] = kPackingBatch;
  const at::Tensor weight = conv.weight.to(dtype);
  weight_ = pack_weight.call(weight.contiguous(channels_last_of(weight)), padding_, stride_, dilation_, 1,
                             at::IntArrayRef(input_size));
}

at::Tensor PackedConv::operator()(const at::Tensor& input) const {
  static const auto convolve = find_operator<Convolve>("mkldnn::_convolution_pointwise");
  return convolve.call(input, weight_, bias_, padding_, stride_, dilation_, 1, relu_ ? "relu" : "none",
                       OptionalScalars(), std::nullopt);
}

at::Tensor PackedConv::operator()(const at::Tensor& input, const at::Tensor& residual) const {
  static const auto convolve = find_operator<ConvolveAndAdd>("mkldnn::_convolution_pointwise", "binary");
  const OptionalName activation = relu_ ? OptionalName("relu") : std::nullopt;
  return convolve.call(input, residual, weight_, bias_, padding_, stride_, dilation_, 1, "add", std::nullopt,
                       activation, OptionalScalars(), std::nullopt);
}

}  // namespace hepatica
