// How the lesion network learns: regions of the liver with lesions as they are and with synthetic ones.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/mdl_cnn/module.h"
#include "training/lesion_plan.h"
#include "training/lesion_sampler.h"
#include "training/lesion_scan.h"
#include "training/lesion_start.h"
#include "training/lesion_variants.h"
#include "training/read_lesion_case.h"
#include "training/training_task.h"

namespace hepatica {

class LesionTask : public TrainingTask {
 public:
  // Keeps references to sources and validation scans. Loads options.base.
  LesionTask(const LesionTrainingOptions& options, const LesionStart& start, std::span<const LesionSource> training,
             std::span<const LesionScan> validation, Run& run);

  torch::nn::Module& network() override { return *network_; }
  torch::nn::Module& average() override { return *average_; }
  int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  void begin_epoch(int64_t epoch, Run& run) override;
  std::unique_ptr<TrainingBatch> draw(int64_t epoch, int64_t step_of_epoch, int64_t step) override;
  double rate_factor(const std::string& parameter) const override;
  bool frozen(const std::string& parameter, int64_t epoch) const override;
  bool has_validation() const override { return !validation_.empty(); }
  void validate(bool averaged, EpochRecord& record, Run& run) override;

 private:
  class RegionBatch;

  const LesionTrainingOptions options_;
  std::span<const LesionScan> validation_;
  bool bf16_;
  std::vector<LesionScan> real_;
  LesionVariants variants_;
  LesionSampler sampler_;
  MdlCnn network_;
  MdlCnn average_;
};

}  // namespace hepatica
