// The network's input channels on the CPU, put together batch by batch in the order that the module's forward() has:
// unshuffled pictures, unshuffled prior, coordinates.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "models/liver_cnn/probability_map.h"

namespace hepatica {

class ChannelAssembler {
 public:
  // Keeps references; `dtype` is float or bfloat16.
  ChannelAssembler(const NetworkInput& input, const LiverCnnConfig& config, const Canvas& canvas, at::ScalarType dtype);

  // (slices, input channels, canvas height / s, canvas width / s), channels-last. `prior` is the pass before, null for
  // the first.
  at::Tensor assemble(std::span<const int64_t> slices, const ProbabilityMap* prior) const;

 private:
  // A plane of bytes cut to the canvas; what lies outside it is `outside`.
  struct Plane {
    const uint8_t* bytes = nullptr;
    int64_t stride = 0;
    int64_t width = 0;
    int64_t height = 0;
    const float* values = nullptr;  // of each byte
    float outside = 0;
  };

  template <class Value>
  void fill(std::span<const int64_t> slices, const ProbabilityMap* prior, Value* channels) const;
  std::vector<Plane> planes_of(int64_t z, const ProbabilityMap* prior) const;

  const NetworkInput& input_;
  const LiverCnnConfig& config_;
  Canvas canvas_;
  at::ScalarType dtype_;
  std::vector<float> picture_values_;
  std::vector<float> prior_values_;
};

// The computed slice nearest to slice z, the lower of two: an index into map.slices.
int64_t nearest_computed(const ProbabilityMap& map, int64_t z);

}  // namespace hepatica
