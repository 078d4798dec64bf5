// The liver network's one forward pass.
#pragma once

#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/liver_cnn/config.h"

namespace hepatica {

// channels: (N, input_channels, h, w) at the sub-sampled size, in the order pictures, coordinates. Gives logits in
// float32 on the network grid, (N, 2, h s, w s): background, structure; in inference (N, 1, h s, w s): their
// difference.
at::Tensor forward_liver_cnn(Layers& layers, const LiverCnnConfig& config, const at::Tensor& channels);

// Its layers on an input of about a body's size, or of `rows` x `columns` sub-sampled pixels.
RecordedLayers liver_cnn_layers(const LiverCnnConfig& config, int64_t slices = 1, int64_t rows = 36,
                                int64_t columns = 48);

}  // namespace hepatica
