#include "models/resnet101/initial_weights.h"

#include <string>
#include <vector>

namespace hepatica {
namespace {

// In the order that torchvision makes them.
std::vector<std::string> convolutions(const ResNet101& network, const TrainedLayers& layers) {
  std::vector<std::string> names = {network.prefix + "conv1"};
  for (int64_t stage = 0; stage < network.stages; ++stage) {
    for (int64_t block = 0; block < ResNet101::kBlocks[static_cast<size_t>(stage)]; ++block) {
      const std::string name = network.prefix + "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
      for (const char* part : {"conv1", "conv2", "conv3", "downsample.0"}) {
        if (layers.contains(name + part)) names.push_back(name + part);
      }
    }
  }
  return names;
}

}  // namespace

// What torch's own modules draw first is drawn still: a seed gives the weights that it gave before.
void draw_weights(const ResNet101& network, TrainedLayers& layers) {
  const std::vector<std::string> names = convolutions(network, layers);
  for (const std::string& name : names) layers.draw_default(name);
  if (layers.contains(network.prefix + "fc")) layers.draw_default(network.prefix + "fc");
  for (const std::string& name : names) layers.draw_he(name, torch::kFanOut);
}

}  // namespace hepatica
