#include "models/mdl_cnn/normalization.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <array>
#include <vector>

#include "models/resnet101/network.h"

namespace hepatica {
namespace {

struct GreyScale {
  double middle;
  double gain;
};

// Clipped values span 500 HU from -100 where the window is the paper's; an enhanced liver has about 100.
GreyScale scale_of(RegionChannel channel) {
  if (channel == RegionChannel::kClipped) return {0.4, 10};
  return {0.5, 4};
}

}  // namespace

at::Tensor imagenet_normalized(const at::Tensor& picture) {
  const auto by_channel = [&](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values), picture.options()).view({1, 3, 1, 1});
  };
  return (picture - by_channel(ResNet101::kMean)) / by_channel(ResNet101::kStd);
}

at::Tensor class_normalized(const at::Tensor& region, const MdlCnnConfig& config) {
  // at::where is not made for shapes without values (recorded_layers.h).
  if (region.is_meta()) return region;
  std::vector<double> middles, gains;
  for (const RegionChannel channel : config.channels) {
    const GreyScale scale = scale_of(channel);
    middles.insert(middles.end(), config.context_mm.size(), scale.middle);
    gains.insert(gains.end(), config.context_mm.size(), scale.gain);
  }
  const auto by_plane = [&](const std::vector<double>& values) {
    return at::tensor(values, region.options()).view({1, config.input_planes(), 1, 1});
  };
  return at::where(region > 0, (region - by_plane(middles)) * by_plane(gains), at::zeros({}, region.options()));
}

}  // namespace hepatica
