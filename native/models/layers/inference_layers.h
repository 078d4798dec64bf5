// The layers that inference runs on: oneDNN's packed ones on the CPU, ATen's on any other device.
#pragma once

#include <memory>

#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/state_dict.h"
#include "runtime/precision.h"

namespace hepatica {

// `state` passed check_weights. Weights are packed, or copied to the device, here.
std::unique_ptr<Layers> inference_layers(const RecordedLayers& layers, const StateDict& state, const at::Device& device,
                                         Precision precision);

// What the convolutions take in and give.
at::ScalarType layer_type(Precision precision);

}  // namespace hepatica
