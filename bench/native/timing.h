// Repeated timing, and the input that bench/network.mjs makes too.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/layers/folded_weights.h"

namespace hepatica::bench {

// Slices, rows and columns of the network's input tensor: items of a network in the plane, one item of one in space.
struct Shape {
  int64_t slices;
  int64_t rows;
  int64_t columns;
};

// Milliseconds of each of `repeats` calls, after one that is not counted.
std::vector<double> time_ms(int repeats, const std::function<void()>& work);

// A hash of the index in the order of `sizes` (item, channel, then space), 0 to 1; channels-last.
at::Tensor make_channels(at::IntArrayRef sizes, at::ScalarType dtype);

// One convolution of a network as inference runs it: {name, shape, gflop, ms}.
nlohmann::json time_convolution(const RecordedConv& layer, const FoldedConv& weights, at::ScalarType dtype,
                                int repeats);

}  // namespace hepatica::bench
