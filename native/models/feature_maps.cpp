#include "models/feature_maps.h"

namespace hepatica {

FeatureMaps feature_maps(const std::string& name, const at::Tensor& maps) {
  const at::Tensor dense = maps.to(at::kCPU, at::kFloat).contiguous();
  const float* values = dense.const_data_ptr<float>();
  return {name, dense.size(0), dense.size(2), dense.size(1), {values, values + dense.numel()}};
}

}  // namespace hepatica
