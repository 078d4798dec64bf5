#include "training/tasks/volume/run.h"

#include <nlohmann/json.hpp>
#include <string>

#include "core/error.h"
#include "training/loop/training_run.h"
#include "training/tasks/volume/labelled_classes.h"
#include "training/tasks/volume/task.h"

namespace hepatica {
namespace {

// Of fewer slices, oneDNN makes weight gradients of a 3x3x3 convolution in bf16 that are no numbers.
constexpr int64_t kLeastBf16Slices = 64;

TrainingDevice with_safe_arithmetic(const TrainingDevice& device, const VolumeTrainingOptions& options, Run& run) {
  const int64_t slices = options.crop_cells.front();
  if (!device.bf16 || !device.is_cpu() || slices >= kLeastBf16Slices) return device;
  const std::string least = std::to_string(kLeastBf16Slices);
  if (options.precision == TrainingPrecision::kBf16) {
    throw Error("INVALID_ARGUMENT",
                "Expected crop_cells to be at least " + least + " slices for bf16 on the CPU, received " +
                    std::to_string(slices),
                {}, "crop_cells", "Train with precision fp32, or on crops of " + least + " slices");
  }
  run.warn("BF16_NOT_USED", "Crops of fewer than " + least + " slices are learned from in fp32 on the CPU");
  TrainingDevice single = device;
  single.bf16 = false;
  return single;
}

}  // namespace

RunDescription describe(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind) {
  labelled_classes(kind, plan.options.structures);
  RunDescription description;
  description.kind = kind.kind;
  description.structure = kind.structure;
  description.postprocessing = kind.postprocessing;
  description.architecture = kind.architecture;
  description.options = options_json(plan.options);
  auto cases = nlohmann::json::array();
  for (const StructureCase& c : plan.cases) {
    description.patients.push_back({c.patient, c.validation});
    cases.push_back({c.patient, c.validation, c.label_values});
  }
  description.cases = cases.dump();
  return description;
}

History run_training(const VolumeTrainingPlan& plan, const VolumeNetworkKind& kind,
                     std::span<const VolumeScan> training, std::span<const VolumeScan> validation,
                     const TrainingDevice& device, Communicator& communicator,
                     const std::function<void(const std::string&)>& on_epoch, Run& run) {
  const RunDescription description = describe(plan, kind);
  check_run(plan.options, description);
  VolumeTask task(plan.options, kind, training, validation, with_safe_arithmetic(device, plan.options, run));
  return run_training(plan.options, description, task, communicator, on_epoch, run);
}

}  // namespace hepatica
