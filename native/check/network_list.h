// Every network that hepatica has, each as one forward pass over its layers, with weights and an input.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "check/target.h"
#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"

namespace hepatica::check {

struct NetworkCase {
  std::string name;
  RecordedLayers layers;
  StateDict state;
  at::Tensor input;  // on the CPU; items are its first dimension
  // What the network says of an input, by name.
  std::function<StateDict(Layers&, const at::Tensor& input)> outputs;
};

// The liver network with its own weights; the others with weights that let every layer take part in the result.
std::vector<NetworkCase> list_networks(const Target& target);

// Of a lesion network as it comes (MdlCnnConfig's defaults): as after a training.
StateDict lesion_weights();

// Of the coordinates that the 3-D network is given beside `values` (N, 1, z, y, x).
std::vector<int64_t> context_shape(const at::Tensor& values);

// Folded, as a GPU runs it. Where the target plants an error in this network, one of its layers is a little off.
std::unique_ptr<Layers> device_layers(const NetworkCase& network, const Target& target, at::ScalarType dtype);

}  // namespace hepatica::check
