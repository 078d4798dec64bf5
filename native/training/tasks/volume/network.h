// Any 3-D segmenter, as a training sees it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "models/state_dict.h"

namespace hepatica {

class VolumeNetwork {
 public:
  virtual ~VolumeNetwork() = default;

  virtual torch::nn::Module& module() = 0;

  // `values` (N, 1, z, y, x), 0 to 1; `coordinates` (N, 2, ...) of coarser cells: places in the body's box, -1 to 1.
  // Returns logits (N, classes, z, y, x); class 0 is what is nothing else.
  virtual at::Tensor logits(const at::Tensor& values, const at::Tensor& coordinates) = 0;
};

struct VolumeNetworkKind {
  std::string kind;          // of the weights
  std::string architecture;  // JSON
  // What its classes are; the first is what is nothing else.
  std::vector<std::string> structures;
  // Of these the one that the whole network is made for: its locator finds the box of no other.
  std::string structure;
  // Of the weights: JSON of a Postprocessing; empty: the default.
  std::string postprocessing;
  Vec3 cell_mm = {1.5, 1.5, 3};     // x, y, z
  int64_t multiple = 8;             // of which the sizes of its input are
  Size3 context_cells = {8, 8, 4};  // cells of the input in one of the coordinates'
  std::string base;                 // child module that is pretrained; empty: none
  // With first weights of torch's generator.
  std::function<std::unique_ptr<VolumeNetwork>()> make;
  // Of weights to go on from, which may know fewer structures, those of this network: what is new is as it was drawn.
  std::function<StateDict(StateDict initial, const StateDict& drawn)> widened;
};

}  // namespace hepatica
