// A labelled scan as training sees it: preprocessed and resampled to the network's grid once, one byte a pixel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/liver_cnn/config.h"
#include "models/liver_cnn/network_input.h"
#include "models/weights/safetensors.h"
#include "training/data/bytes.h"
#include "training/data/structure_case.h"
#include "training/loop/communicator.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct GridScan {
  std::string patient;
  NetworkInput input;  // all but the pictures
  Bytes pictures;      // as NetworkInput's
  Bytes target;        // the part of the network pixel that the structure covers, 0 to 255
  Geometry source;
  Bytes reference;  // the label on the source grid, 0 and 1: of validation scans alone
  // What the bytes lie in; null: in memory.
  std::shared_ptr<const SafetensorsFile> file;

  const uint8_t* picture(int64_t z) const { return pictures.data() + z * input.grid.pixels(); }
  const uint8_t* target_slice(int64_t z) const { return target.data() + z * input.grid.pixels(); }
  // Takes no memory until it is looked at again.
  void release() const {
    if (file) file->release_memory();
  }
};

GridScan make_grid_scan(const LabelledScan& scan, const std::string& patient, bool keep_reference,
                        const LiverCnnConfig& config, const PreprocessOptions& preprocess_options, Run& run);

// All cases of the plan whose `validation` is as given: from options.cache_folder where they were prepared before, else
// read and resampled, one after the other. Processes prepare some each.
std::vector<GridScan> load_grid_scans(const StructureTrainingPlan& plan, const CaseReader& reader, bool validation,
                                      const LiverCnnConfig& config, Communicator& communicator, Run& run);

}  // namespace hepatica
