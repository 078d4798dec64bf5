// A labelled scan as a 3-D network learns from it: on the network's cells once, so that crops are quickly drawn.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/shared_array.h"
#include "core/volume.h"
#include "grid/body_frame.h"
#include "grid/cell_grid.h"
#include "training/data/case_reader.h"
#include "training/data/scan_parts.h"
#include "training/data/structure_case.h"
#include "training/loop/communicator.h"
#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"

namespace hepatica {

struct VolumeScan : MappedScan {
  std::string patient;
  CellGrid grid;
  // Order (z, y, x): clipped HU (grid/sample_cells.h), and which of the structures fills most of the cell, from 1;
  // 0: none of them.
  SharedArray<int16_t> hu;
  Bytes classes;
  BodyFrame body;
  // Around all structures.
  BoxMm structures;
};

// `label` holds the structures' values on the volume's voxels. Throws EMPTY_LABEL where none of them occurs.
VolumeScan make_volume_scan(const Volume& volume, const Mask& label, const std::string& patient,
                            const std::vector<LabelledStructure>& structures, const Vec3& cell_mm, Run& run);

// All cases of the plan whose `validation` is as given: from options.cache_folder where they were prepared before, else
// read, one after the other. Processes prepare some each. Labels are as the structures' values choose, or, where the
// one structure has none, as the case itself does.
std::vector<VolumeScan> load_volume_scans(const VolumeTrainingPlan& plan, const CaseReader& reader, bool validation,
                                          const VolumeNetworkKind& network, Communicator& communicator, Run& run);

}  // namespace hepatica
