// How the liver network learns: slices of the whole body on one canvas, overlap of whole patients as the score.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "models/liver_cnn/module.h"
#include "models/postprocessing.h"
#include "training/loop/training_device.h"
#include "training/loop/training_task.h"
#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/plan.h"
#include "training/tasks/structure/slice_sampler.h"

namespace hepatica {

class StructureTask : public TrainingTask {
 public:
  // Keeps references to the scans.
  StructureTask(const StructureTrainingOptions& options, const LiverCnnConfig& config,
                std::span<const GridScan> training, std::span<const GridScan> validation, const TrainingDevice& device,
                Run& run);

  const TrainingDevice& device() const override { return device_; }
  torch::nn::Module& network() override { return *network_; }
  torch::nn::Module& average() override { return *average_; }
  int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  // As the options say, or as the labels do where no validation patient may choose it; else each validation chooses.
  const std::optional<Postprocessing>& fixed_postprocessing() const { return postprocessing_; }
  std::unique_ptr<TrainingBatch> draw(int64_t epoch, int64_t step_of_epoch) override;
  bool has_validation() const override { return !validation_.empty(); }
  void validate(bool averaged, EpochRecord& record, Run& run) override;

 private:
  class DrawnSlices;

  const StructureTrainingOptions options_;
  std::span<const GridScan> validation_;
  const TrainingDevice device_;
  std::optional<Postprocessing> postprocessing_;
  SliceSampler sampler_;
  LiverCnn network_;
  LiverCnn average_;
};

}  // namespace hepatica
