#include "models/liver_cnn/folded_weights.h"

namespace hepatica {

FoldedWeights fold_weights(const LiverCnnConfig& config, const StateDict& state, const std::string& file) {
  const CheckedState checked(state, "this liver network", file);
  FoldedWeights folded;
  int64_t channels = config.input_channels();
  for (size_t i = 0; i < folded.layers.size(); ++i) {
    const std::string index = std::to_string(i + 1);
    const int64_t out = LiverCnnConfig::kWidths[i];
    folded.layers[i] = checked.conv_with_norm("conv" + index, "bn" + index, channels, out, config.kernels[i]);
    channels = out;
  }
  // Pixel shuffle takes class c's sub-pixels from channels c * s * s onwards.
  folded.head = class_difference(
      checked.conv("head", config.head_input_channels(), config.head_output_channels(), config.head_kernel));
  return folded;
}

}  // namespace hepatica
