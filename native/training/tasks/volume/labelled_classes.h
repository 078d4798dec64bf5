// A network's classes where labels tell only some of them apart: the others and the background are then one (marginal
// loss; Shi et al., Med Image Anal 2021; 70: 101979), so that a network of several structures learns from labels of
// one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"

namespace hepatica {

// The network's class of each structure. Throws INVALID_ARGUMENT for one that it does not know, or that is named twice.
std::vector<int64_t> labelled_classes(const VolumeNetworkKind& kind, const std::vector<LabelledStructure>& structures);

// `logits` (N, classes, ...). Returns (N, 1 + labelled, ...): the rest as one class, then the labelled ones; the same
// tensor where nothing but the background is the rest.
at::Tensor labelled_logits(const at::Tensor& logits, const std::vector<int64_t>& labelled);

}  // namespace hepatica
