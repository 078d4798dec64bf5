#include "models/mdl_cnn/folded_weights.h"

#include <array>

namespace hepatica {
namespace {

// He et al. 2016, table 1: blocks and output channels of ResNet101's stages.
constexpr std::array<int64_t, 4> kBlocks = {3, 4, 23, 3};
constexpr std::array<int64_t, 4> kChannels = {256, 512, 1024, 2048};
constexpr int64_t kStemChannels = 64;
constexpr int64_t kExpansion = 4;

FoldedBottleneck fold_bottleneck(const CheckedState& state, const std::string& name, int64_t in, int64_t out,
                                 int64_t stride) {
  const int64_t width = out / kExpansion;
  FoldedBottleneck block;
  block.narrow = state.conv_with_norm(name + "conv1", name + "bn1", in, width, 1);
  block.middle = state.conv_with_norm(name + "conv2", name + "bn2", width, width, 3);
  block.widen = state.conv_with_norm(name + "conv3", name + "bn3", width, out, 1);
  block.stride = stride;
  if (in != out) block.project = state.conv_with_norm(name + "downsample.0", name + "downsample.1", in, out, 1);
  return block;
}

}  // namespace

MdlFoldedWeights fold_mdl_weights(const MdlCnnConfig& config, const StateDict& state, const std::string& file) {
  const CheckedState checked(state, "this lesion network", file);
  const auto layer = [&](const std::string& name, int64_t in, int64_t out) {
    return checked.conv_with_norm(name + ".conv", name + ".bn", in, out, 3);
  };
  const int64_t region_channels = config.input_planes() * MdlCnnConfig::kCell * MdlCnnConfig::kCell;
  const int64_t width = config.location_width;
  MdlFoldedWeights folded;
  folded.stem = checked.conv_with_norm("base.conv1", "base.bn1", 3, kStemChannels, 7);
  int64_t in = kStemChannels;
  for (int64_t stage = 0; stage < config.base_stages; ++stage) {
    const std::string number = std::to_string(stage + 1);
    const int64_t out = kChannels[stage];
    std::vector<FoldedBottleneck>& blocks = folded.stages.emplace_back();
    for (int64_t block = 0; block < kBlocks[stage]; ++block) {
      const std::string name = "base.layer" + number + "." + std::to_string(block) + ".";
      blocks.push_back(fold_bottleneck(checked, name, in, out, block == 0 && stage > 0 ? 2 : 1));
      in = out;
    }
    folded.merge.push_back(checked.conv("merge" + number, out, width, 1));
  }
  for (int64_t i = 0; i < MdlCnnConfig::kLocationLayers; ++i) {
    folded.location.push_back(
        layer("location" + std::to_string(i + 1), i == 0 ? width + region_channels : width, width));
  }
  in = region_channels;
  for (size_t i = 0; i < MdlCnnConfig::kClassWidths.size(); ++i) {
    const int64_t out = MdlCnnConfig::kClassWidths[i];
    folded.classes.push_back(layer("class" + std::to_string(i + 1), in, out));
    in = out;
  }
  // Pixel shuffle takes class c's sub-pixels from channels c * s * s onwards.
  folded.location_head =
      class_difference(checked.conv("location_head", width, 2 * MdlCnnConfig::kCell * MdlCnnConfig::kCell, 3));
  folded.class_head = checked.conv("class_head", in + width, kLesionTypes, 1);
  return folded;
}

}  // namespace hepatica
