#include "models/fused_conv.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string_view>

namespace hepatica {
namespace {

using OptionalScalars = c10::List<std::optional<at::Scalar>>;
using PackWeight = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t,
                              at::OptionalIntArrayRef);
using ConvolutionPointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                        at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
                                        OptionalScalars, std::optional<std::string_view>);

// The batch that weights are packed for: their layout does not depend on it.
constexpr int64_t kPackingBatch = 8;

template <class Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

}  // namespace

FusedConv::FusedConv(const at::Tensor& weight, const at::Tensor& bias, int64_t dilation, bool relu,
                     at::ScalarType dtype, int64_t rows, int64_t columns, int64_t stride)
    : bias_(bias.to(dtype)), dilation_{dilation, dilation}, stride_{stride, stride}, relu_(relu) {
  static const auto pack_weight = find_operator<PackWeight>("mkldnn::_reorder_convolution_weight");
  padding_ = {dilation * (weight.size(2) / 2), dilation * (weight.size(3) / 2)};
  const std::array<int64_t, 4> input_size = {kPackingBatch, weight.size(1), rows, columns};
  weight_ = pack_weight.call(weight.to(dtype).contiguous(at::MemoryFormat::ChannelsLast), padding_, stride_, dilation_,
                             1, at::IntArrayRef(input_size));
}

at::Tensor FusedConv::operator()(const at::Tensor& input) const {
  static const auto convolve = find_operator<ConvolutionPointwise>("mkldnn::_convolution_pointwise");
  return convolve.call(input, weight_, bias_, padding_, stride_, dilation_, 1, relu_ ? "relu" : "none",
                       OptionalScalars(), std::nullopt);
}

}  // namespace hepatica
