// A network's layers as its own forward pass names them: that pass is run once without values.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/layers.h"

namespace hepatica {

struct RecordedConv {
  Conv layer;
  // Of its input: (N, in, size...).
  std::vector<int64_t> input;
  bool adds = false;

  // Of its output, in all slices: of each, inference computes as many multiply-adds as the weight has values.
  double positions() const;
};

// In the order of the forward pass; of each name once.
using RecordedLayers = std::vector<RecordedConv>;

// Runs `forward` on layers that compute nothing: its inputs are tensors of the device "meta" (see meta_input). Each
// name stands for one layer: one that is used twice, or twice with different specifications, is an error of the
// network.
RecordedLayers record(const std::function<void(Layers&)>& forward);

// The tensors of the network's state dict and their shapes, layer by layer; with the counters of batches, which have
// none and which only training reads.
std::vector<std::pair<std::string, std::vector<int64_t>>> state_shapes(const RecordedLayers& layers);
bool is_counter(const std::string& tensor);

// What a recorded forward pass is given: a shape without values.
at::Tensor meta_input(at::IntArrayRef shape);

}  // namespace hepatica
