// The lesion network's one forward pass.
#pragma once

#include "models/layers/layers.h"
#include "models/layers/recorded_layers.h"
#include "models/mdl_cnn/config.h"

namespace hepatica {

// Logits in float32, no lesion and lesion (N, 2, H, W), in inference their difference (N, 1, H, W); and of the classes
// (N, 4, H, W) in the order of kLesionCodes.
struct MdlOutput {
  at::Tensor location;
  at::Tensor classes;
};

// region: (N, channels * contexts, H, W), 0 to 1, order (channel, context), as RegionInput::batch gives it; H and W are
// multiples of config.stride(). `classified` are the indices of the regions whose classes are wanted, undefined: all of
// them; where there are none, no classes are given, unless other processes have some (`elsewhere`), whose batch norm
// waits for this one. The class channel is the larger one, and learns only from regions with lesions of a known type.
MdlOutput forward_mdl_cnn(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region,
                          const at::Tensor& classified = {}, bool elsewhere = false);

// What the location channel says, as MdlOutput has it, and what it tells the class channel of each region.
struct MdlLocation {
  at::Tensor logits;
  at::Tensor features;
};

// The two channels one after the other: classes of the regions alone that are to be classified, with their features.
MdlLocation forward_mdl_location(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region);
at::Tensor forward_mdl_classes(Layers& layers, const MdlCnnConfig& config, const at::Tensor& region,
                               const at::Tensor& features);

// Its layers on an input of about a liver's size, or of `rows` x `columns` pixels.
RecordedLayers mdl_cnn_layers(const MdlCnnConfig& config, int64_t slices = 1, int64_t rows = 128,
                              int64_t columns = 160);

}  // namespace hepatica
