// A labelled scan as training sees it: preprocessed and resampled to the network's grid once, one byte a pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/liver_cnn/config.h"
#include "models/liver_cnn/network_input.h"
#include "training/tasks/structure/read_case.h"

namespace hepatica {

struct GridScan {
  std::string patient;
  NetworkInput input;
  std::vector<uint8_t> target;  // the part of the network pixel that the structure covers, 0 to 255
  Geometry source;
  std::vector<bool> reference;  // the label on the source grid: of validation scans alone

  const uint8_t* target_slice(int64_t z) const { return target.data() + z * input.grid.pixels(); }
};

GridScan make_grid_scan(const LabelledScan& scan, const std::string& patient, bool keep_reference,
                        const LiverCnnConfig& config, const PreprocessOptions& preprocess_options, Run& run);

// Reads and resamples all cases of the plan whose `validation` is as given, one after the other.
std::vector<GridScan> load_grid_scans(const StructureTrainingPlan& plan, const CaseReader& reader, bool validation,
                                      const LiverCnnConfig& config, Run& run);

}  // namespace hepatica
