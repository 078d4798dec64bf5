// What is checked with: the phantom as each network sees it, and what it should say there. On the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "check/target.h"
#include "models/segmenter_model.h"
#include "ops/preprocess.h"
#include "scanner.h"
#include "training/tasks/lesions/sampler.h"

namespace hepatica::check {

const phantom::Scan& phantom_scan();

// Without the kernels, whatever devices there are.
Preprocessed preprocess_on_cpu(const Volume& volume, const PreprocessOptions& options);

struct LiverCase {
  std::shared_ptr<const SegmenterModel> model;
  NetworkInput input;
  at::Tensor equalized;  // (slices, rows, columns), bytes
  at::Tensor channels;   // (slices, input channels, h, w), channels-last
  at::Tensor target;     // (slices, h s, w s): the covered part of each pixel
};
LiverCase make_liver_case(const Target& target);

struct RegionCase {
  MdlCnnConfig config;
  LesionBatch batch;
};
RegionCase make_region_case(const Target& target);

}  // namespace hepatica::check
