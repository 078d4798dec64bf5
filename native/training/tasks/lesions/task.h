// How the lesion network learns: regions of the liver with lesions as they are and with synthetic ones.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "models/mdl_cnn/module.h"
#include "training/loop/training_device.h"
#include "training/loop/training_task.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/prepare.h"
#include "training/tasks/lesions/sampler.h"
#include "training/tasks/lesions/start.h"
#include "training/tasks/lesions/variants.h"

namespace hepatica {

class LesionTask : public TrainingTask {
 public:
  // Keeps references to the scans.
  LesionTask(const LesionTrainingOptions& options, const LesionStart& start, const LesionTrainingScans& training,
             std::span<const LesionScan> validation, const TrainingDevice& device);

  const TrainingDevice& device() const override { return device_; }
  torch::nn::Module& network() override { return *network_; }
  torch::nn::Module& average() override { return *average_; }
  StateDict carried() const override { return location3d_; }
  int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  void begin_epoch(int64_t epoch, Run& run) override;
  std::unique_ptr<TrainingBatch> draw(int64_t epoch, int64_t step_of_epoch) override;
  double rate_factor(const std::string& parameter) const override;
  bool frozen(const std::string& parameter, int64_t epoch) const override;
  bool has_validation() const override { return !validation_.empty(); }
  void validate(bool averaged, EpochRecord& record, Run& run) override;

 private:
  class RegionBatch;

  void load_base_weights(const StateDict& weights);

  const LesionTrainingOptions options_;
  std::span<const LesionScan> validation_;
  const TrainingDevice device_;
  const StateDict location3d_;
  LesionVariants variants_;
  LesionSampler sampler_;
  MdlCnn network_;
  MdlCnn average_;
};

}  // namespace hepatica
