// A labelled scan as training sees it: preprocessed and resampled to the network's grid once, one byte a pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/shared_array.h"
#include "models/liver_cnn/config.h"
#include "models/liver_cnn/network_input.h"
#include "training/data/scan_parts.h"
#include "training/data/structure_case.h"
#include "training/loop/communicator.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct GridScan : MappedScan {
  std::string patient;
  NetworkInput input;  // all but the pictures
  Bytes pictures;      // as NetworkInput's
  Bytes target;        // the part of the network pixel that the structure covers, 0 to 255
  Geometry source;
  Bytes reference;  // the label on the source grid, 0 and 1: of validation scans alone

  const uint8_t* picture(int64_t z) const { return pictures.data() + z * input.grid.pixels(); }
  const uint8_t* target_slice(int64_t z) const { return target.data() + z * input.grid.pixels(); }
};

GridScan make_grid_scan(const LabelledScan& scan, const std::string& patient, bool keep_reference,
                        const LiverCnnConfig& config, const PreprocessOptions& preprocess_options, Run& run);

// All cases of the plan whose `validation` is as given: from options.cache_folder where they were prepared before, else
// read and resampled, one after the other. Processes prepare some each.
std::vector<GridScan> load_grid_scans(const StructureTrainingPlan& plan, const CaseReader& reader, bool validation,
                                      const LiverCnnConfig& config, Communicator& communicator, Run& run);

}  // namespace hepatica
