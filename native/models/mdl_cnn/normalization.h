// A region's values as the network's layers take them.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/mdl_cnn/config.h"

namespace hepatica {

// What ImageNet's published weights expect of values from 0 to 1: (picture - mean) / standard deviation by channel;
// picture: (N, 3, H, W).
at::Tensor imagenet_normalized(const at::Tensor& picture);

// For the class channel: about 0 in a liver without lesions, 1 for 50 HU (equalized pictures: a quarter of the range),
// and 0 outside the liver, so that the liver's border does not outweigh the small differences between types.
// region: (N, channels * contexts, H, W), 0 to 1, order (channel, context), 0 outside the liver.
at::Tensor class_normalized(const at::Tensor& region, const MdlCnnConfig& config);

}  // namespace hepatica
