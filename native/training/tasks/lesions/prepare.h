// What a run of the lesion network learns from and is validated on: read, prepared, and kept on disk where the run has
// a folder for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/run.h"
#include "models/mdl_cnn/config.h"
#include "synthesis/ground.h"
#include "training/data/case_reader.h"
#include "training/data/scan_cache.h"
#include "training/loop/communicator.h"
#include "training/tasks/lesions/ground_cache.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/read_case.h"
#include "training/tasks/lesions/scan.h"

namespace hepatica {

// A training scan that synthetic lesions are put into: in memory, or in a SurveyedSource's file.
struct LesionGround {
  std::string patient;
  // Among the training cases: which lesions it gets depends on it.
  uint64_t place = 0;
  std::shared_ptr<const LesionSource> source;
  std::string file;
};

struct LesionTrainingScans {
  // Of every case the liver's region as it is.
  std::vector<LesionScan> real;
  std::vector<LesionGround> grounds;
};

// One after the other.
LesionTrainingScans load_training_scans(const LesionTrainingPlan& plan, const CaseReader& reader,
                                        const MdlCnnConfig& config, Communicator& communicator, Run& run);

// Marked scans as they are, and the validation variants of the grounds, which depend on the seed alone.
std::vector<LesionScan> load_validation_scans(const LesionTrainingPlan& plan, const CaseReader& reader,
                                              const MdlCnnConfig& config, Communicator& communicator, Run& run);

// A ground for as long as lesions are put into it.
struct OpenGround {
  std::shared_ptr<const LesionSource> source;
  std::shared_ptr<const Ground> survey;
};

OpenGround open_ground(const LesionGround& ground, const ScanCache& cache, GroundCache& surveys, Run& run);

}  // namespace hepatica
