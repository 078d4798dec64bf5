// How a 3-D segmenter learns: crops of whole volumes, several structures at once, its pretrained part more slowly.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "training/loop/training_device.h"
#include "training/loop/training_task.h"
#include "training/tasks/volume/crop_sampler.h"
#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica {

class VolumeTask : public TrainingTask {
 public:
  // Keeps references to the scans. Loads options.initial and options.base; throws WRONG_MODEL where they do not fit.
  VolumeTask(const VolumeTrainingOptions& options, const VolumeNetworkKind& kind, std::span<const VolumeScan> training,
             std::span<const VolumeScan> validation, const TrainingDevice& device);

  const TrainingDevice& device() const override { return device_; }
  torch::nn::Module& network() override { return network_->module(); }
  torch::nn::Module& average() override { return average_->module(); }
  int64_t steps_per_epoch() const override { return sampler_.steps_per_epoch(); }
  void begin_epoch(int64_t epoch, Run& run) override;
  std::unique_ptr<TrainingBatch> draw(int64_t epoch, int64_t step_of_epoch) override;
  double rate_factor(const std::string& parameter) const override;
  double gradient_limit() const override { return options_.gradient_limit; }
  bool frozen(const std::string& parameter, int64_t epoch) const override;
  bool has_validation() const override { return !validation_.empty(); }
  void validate(bool averaged, EpochRecord& record, Run& run) override;

 private:
  class Crops;

  std::unique_ptr<VolumeNetwork> make_network() const;
  bool is_base(const std::string& parameter) const;

  const VolumeTrainingOptions options_;
  const VolumeNetworkKind kind_;
  std::span<const VolumeScan> validation_;
  const TrainingDevice device_;
  const std::vector<int64_t> labelled_;
  CropSampler sampler_;
  std::unique_ptr<VolumeNetwork> network_;
  std::unique_ptr<VolumeNetwork> average_;
};

}  // namespace hepatica
