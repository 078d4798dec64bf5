// From a CT volume to the mask of a structure (the liver, by default) on the volume's own grid.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/device_choice.h"
#include "core/run.h"
#include "core/volume.h"
#include "models/encoder3d/encoded_crop.h"
#include "models/encoder3d/model.h"
#include "models/structure_model.h"
#include "ops/bounding_box.h"
#include "pipelines/perimeters.h"
#include "pipelines/plausibility.h"
#include "runtime/precision.h"

namespace hepatica {

struct SegmentOptions {
  DeviceChoice device;
  PrecisionChoice precision = PrecisionChoice::kAuto;
  // Added around the bounding box on each side for the region of interest.
  double roi_margin_mm = 10;
  // Instead of the model's own.
  std::optional<Postprocessing> postprocessing;
  // Of a liver, for the lesion network (Segmentation::crop).
  bool keep_features = false;
};

// The bounding box with its margin, inside the volume: the lesion network's input.
struct RegionOfInterest {
  BoundingBox bounding_box;
  double margin_mm = 0;
};

struct Segmentation {
  std::string structure;
  // 0 and 1 on the source grid.
  Mask mask;
  std::vector<Perimeter> perimeters;
  double volume_ml = 0;
  // Empty where nothing was found.
  std::optional<BoundingBox> bounding_box;
  std::optional<RegionOfInterest> roi;
  // z indices with the structure.
  std::vector<int64_t> slices;
  Precision precision = Precision::kFp32;
  // Of the scan; where the structure is the liver, also of what was found.
  Judgement judgement;
  // Of a liver that a 3-D network saw at once: what the lesion network can share (ClassifyOptions::crop).
  std::shared_ptr<EncodedCrop> crop;
};

// Timings, warnings and the device used are left in the run. Warnings: EMPTY_RESULT, FEW_SLICES (fewer than the network
// looks at), NON_CONTRAST (the liver, if it can be one, is as bright as without contrast medium), GPU_NOT_USED (the
// choice was left to hepatica, and the CPU computed for the reason that it tells), and the reasons of the judgement.
// Throws INVALID_ARGUMENT for a volume whose parts contradict one another, UNSUPPORTED_ORIENTATION for slices that are
// not axial, NO_CUDA_DEVICE, CUDA_FAILED and CUDA_OUT_OF_MEMORY where a GPU was asked for, and what its stages throw.
Segmentation segment_structure(const Volume& source, const StructureModel& model, const SegmentOptions& options,
                               Run& run);

// One of several structures.
struct StructureInLabels {
  std::string name;
  // Its voxels' value.
  uint8_t label = 0;
  double volume_ml = 0;
  // Empty where nothing was found.
  std::optional<BoundingBox> bounding_box;
};

struct StructureLabels {
  // 0 where none of the structures is; on the source grid.
  Mask labels;
  std::vector<StructureInLabels> structures;
  Precision precision = Precision::kFp32;
  Judgement judgement;
};

// Every structure that the network knows, in the whole scan. The one that the model is of has the voxels that
// segment_structure gives it; of the rest, the likeliest. Warnings and errors as segment_structure's.
StructureLabels segment_structures(const Volume& source, const Encoder3dModel& model, const SegmentOptions& options,
                                   Run& run);

}  // namespace hepatica
