#pragma once

#include "models/layers/trained_layers.h"
#include "models/resnet101/network.h"

namespace hepatica {

// torchvision's initialization: He (fan out, ReLU), batch norm one and zero; torch::manual_seed makes it repeatable.
void draw_weights(const ResNet101& network, TrainedLayers& layers);

}  // namespace hepatica
