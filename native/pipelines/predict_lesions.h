// The liver's region and the lesion networks' passes over it, on one device.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "models/lesion_model.h"
#include "pipelines/lesion_candidates.h"
#include "runtime/device.h"
#include "runtime/precision.h"

namespace hepatica {

struct LesionPrediction {
  // Without slices where the liver is empty, and nothing else then; its planes are there on the CPU alone.
  RegionInput region;
  // Classes in the slices that have some lesion.
  LesionMaps maps;
  // Without a probability where the model has no 3-D network, or the liver is empty.
  LesionCells cells;
  LocatedLesions located;
};

struct LesionNetworksOptions {
  Precision precision = Precision::kFp32;
  LesionThresholds thresholds;
  // What the liver's network left, or null.
  EncodedCrop* crop = nullptr;
};

// `volume` and `liver` lie in canonical orientation. The networks compute on the device's thread, where the call waits
// for its turn; fills the run's progress up to 0.85. Throws what a GPU throws as it is (see on_device).
LesionPrediction predict_lesions(const Volume& volume, const Mask& liver, const LesionModel& model,
                                 const ComputeDevice& device, const LesionNetworksOptions& options, Run& run);

}  // namespace hepatica
