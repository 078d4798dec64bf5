#include "training/tasks/lesions/run.h"

#include <algorithm>
#include <cmath>

#include "models/lesion_model.h"
#include "training/loop/run_description.h"
#include "training/loop/training_run.h"
#include "training/tasks/lesions/ground_cache.h"
#include "training/tasks/lesions/task.h"

namespace hepatica {
namespace {

// Validation variants belong to a generation that training never reaches.
constexpr uint64_t kValidationGeneration = uint64_t{1} << 32;

double context_reach_mm(const MdlCnnConfig& config) {
  double reach = 0;
  for (const double offset_mm : config.context_mm) reach = std::max(reach, std::abs(offset_mm));
  return reach + config.slab_mm / 2;
}

RunDescription describe(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  RunDescription description;
  description.kind = LesionModel::kKind;
  description.structure = "liver";
  description.architecture = config.to_json();
  description.options = options_json(plan.options);
  description.classes = lesion_class_codes();
  description.cases = cases_json(plan.cases);
  for (const LesionCase& c : plan.cases) description.patients.push_back({c.patient, c.validation});
  return description;
}

}  // namespace

void check_run(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  check_run(plan.options, describe(plan, config));
}

void check_resume(const LesionTrainingPlan& plan, const MdlCnnConfig& config) {
  check_resume(plan.options, describe(plan, config));
}

std::vector<LesionSource> load_lesion_sources(const LesionTrainingPlan& plan, const CaseReader& reader, bool validation,
                                              const MdlCnnConfig& config, Run& run) {
  std::vector<LesionSource> sources;
  for (size_t i = 0; i < plan.cases.size(); ++i) {
    run.check_cancelled();
    if (plan.cases[i].validation == validation) {
      sources.push_back(read_lesion_case(plan.cases[i], reader, context_reach_mm(config), run));
    }
    run.progress(static_cast<double>(i + 1) / static_cast<double>(plan.cases.size()));
  }
  return sources;
}

std::vector<LesionScan> make_validation_scans(std::span<const LesionSource> sources, const MdlCnnConfig& config,
                                              const LesionTrainingOptions& options, Run& run) {
  // Each is wanted once.
  GroundCache grounds(0);
  std::vector<LesionScan> scans;
  for (size_t i = 0; i < sources.size(); ++i) {
    const LesionSource& source = sources[i];
    run.check_cancelled();
    if (source.marked) scans.push_back(make_lesion_scan(source, config, options.preprocess, 1, run));
    const bool with_variants = source.ground && options.validation_synthetic_per_scan > 0;
    const auto ground = with_variants ? grounds.survey(i, source, run) : nullptr;
    for (int64_t variant = 0; ground && variant < options.validation_synthetic_per_scan; ++variant) {
      const SyntheticPlace place{options.seed, i, static_cast<uint64_t>(variant), kValidationGeneration};
      scans.push_back(make_synthetic_scan(source, *ground, place, config, options, run));
    }
    run.progress(static_cast<double>(i + 1) / static_cast<double>(sources.size()));
  }
  for (LesionScan& scan : scans) mask_region(scan.region);
  return scans;
}

History run_training(const LesionTrainingPlan& plan, const LesionStart& start, std::span<const LesionSource> training,
                     std::span<const LesionScan> validation, const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  LesionTask task(plan.options, start, training, validation, device, run);
  return run_training(plan.options, describe(plan, start.config), task, communicator, on_epoch, run);
}

}  // namespace hepatica
