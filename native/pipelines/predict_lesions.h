// The liver's region and the lesion networks' passes over it, on one device.
#pragma once

#include "core/run.h"
#include "core/volume.h"
#include "models/lesion_model.h"
#include "runtime/device.h"
#include "runtime/precision.h"
#include "segmentation/lesion_cells.h"

namespace hepatica {

struct LesionPrediction {
  // Without slices where the liver is empty; its planes are there on the CPU alone.
  RegionInput region;
  LesionMaps maps;
  // Without a probability where the model has no 3-D network, or the liver is empty.
  LesionCells cells;
};

// `volume` and `liver` lie in canonical orientation. The networks compute on the device's thread, where the call waits
// for its turn; `crop` is what the liver's network left, or null; fills the run's progress up to 0.85. Throws what a
// GPU throws as it is (see on_device).
LesionPrediction predict_lesions(const Volume& volume, const Mask& liver, const LesionModel& model,
                                 const ComputeDevice& device, Precision precision, EncodedCrop* crop, Run& run);

}  // namespace hepatica
