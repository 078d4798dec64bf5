#include "models/lesion3d/inference.h"

#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>

#include "models/encoder3d/tiles.h"
#include "models/lesion3d/network.h"

namespace hepatica {
namespace {

// A liver in its box, as it is packed for.
constexpr std::array<int64_t, 5> kPackingShape = {1, 1, 72, 152, 176};

at::Tensor volume_of(const std::vector<float>& values, const Size3& cells, at::Device device) {
  // from_blob only reads here; its signature cannot say so.
  auto* const data = const_cast<float*>(values.data());
  return at::from_blob(data, {1, 1, cells[2], cells[1], cells[0]}, at::kFloat).to(device);
}

}  // namespace

RecordedLayers lesion3d_layers(const Lesion3dConfig& config) {
  return record([&](Layers& layers) {
    const at::Tensor volume = meta_input(kPackingShape);
    Lesion3d(config).forward(layers, {volume, volume, volume});
  });
}

std::vector<float> Lesion3dInference::locate(const std::vector<float>& values, const std::vector<float>& relative,
                                             const std::vector<float>& mask, const Size3& cells, Run& run) const {
  const c10::InferenceMode inference_mode;
  const Lesion3dInput input{volume_of(values, cells, device_), volume_of(relative, cells, device_),
                            volume_of(mask, cells, device_)};
  std::vector<float> probability(values.size());
  Lesion3d(config_).forward(*layers_, input, tile_slices(cells), [&](int64_t first, const at::Tensor& logits) {
    run.check_cancelled();
    const at::Tensor planes = pixel_shuffle(logits.to(at::kFloat).sigmoid(), {1, 2, 2}).cpu().contiguous();
    std::copy_n(planes.const_data_ptr<float>(), planes.numel(), probability.data() + first * cells[0] * cells[1]);
  });
  return probability;
}

}  // namespace hepatica
