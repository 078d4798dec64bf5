// What the networks are checked with: the phantom as each network sees it, and what it should say there.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "models/liver_cnn/module.h"
#include "models/mdl_cnn/module.h"
#include "models/segmenter_model.h"
#include "training/tasks/lesions/sampler.h"

namespace hepatica::check {

// On the CPU, all slices of the phantom.
struct LiverCase {
  std::shared_ptr<const SegmenterModel> model;
  NetworkInput input;
  Geometry geometry;
  at::Tensor equalized;  // (slices, rows, columns), bytes
  at::Tensor channels;   // (slices, input channels, h, w), channels-last
  at::Tensor target;     // (slices, h s, w s): the covered part of each pixel
};
LiverCase make_liver_case(const std::string& weights);

struct LesionCaseData {
  MdlCnnConfig config;
  LesionBatch batch;
};
LesionCaseData make_lesion_case();

// Statistics and heads that are not those of initialization, so that every layer takes part in the result.
MdlCnn trained_looking_network(const MdlCnnConfig& config);

}  // namespace hepatica::check
