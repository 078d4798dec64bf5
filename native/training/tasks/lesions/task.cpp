#include "training/tasks/lesions/task.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <utility>

#include "training/loop/optimization.h"
#include "training/tasks/lesions/loss.h"
#include "training/tasks/lesions/validation.h"

namespace hepatica {
namespace {

constexpr const char* kBase = "base";
// Of class1 to class7 and class_head.
constexpr const char* kClassChannel = "class";

bool is_base(const std::string& parameter) { return parameter.starts_with(std::string(kBase) + "."); }

LesionBatch on_device(const LesionBatch& made, const TrainingDevice& device) {
  return {device.take(made.region), device.take(made.liver), device.take(made.lesion), device.take(made.types)};
}

}  // namespace

class LesionTask::RegionBatch : public TrainingBatch {
 public:
  RegionBatch(LesionTask& task, BatchShare share, const LesionBatch& made)
      : task_(task), share_(std::move(share)), types_(made.types), batch_(on_device(made, task.device_)) {}

  int64_t size() const override { return share_.size(); }

  PartLoss loss(int64_t begin, int64_t end) override {
    const BatchShare::Range own = share_.own(begin, end);
    const auto part = [&](const at::Tensor& whole) { return whole.slice(0, own.begin, own.end); };
    const LesionBatch items{part(batch_.region), part(batch_.liver), part(batch_.lesion), part(batch_.types)};
    const at::Tensor own_classified = classified_items(part(types_), task_.options_);
    const bool classifies = any_process_has(own_classified);
    const at::Tensor classified = task_.device_.take(own_classified);
    MdlOutput output;
    {
      const Autocast autocast(task_.device_);
      output = task_.network_->forward(items.region, classified, classifies);
    }
    const LesionLoss loss = lesion_loss(output, classified, items, task_.options_, task_.process_sum());
    const at::Tensor accuracy = loss.right.to(at::kDouble) / loss.pixels.to(at::kDouble).clamp_min(1);
    PartLoss result{loss.total, accuracy, {{"trainingLocationLoss", loss.location}}};
    if (task_.options_.class_weight > 0) result.terms["trainingClassLoss"] = loss.classes;
    return result;
  }

 private:
  bool any_process_has(const at::Tensor& items) const {
    const at::Tensor count = at::scalar_tensor(items.numel(), at::kLong);
    if (task_.process_sum()) task_.process_sum()(count);
    return count.item<int64_t>() > 0;
  }

  LesionTask& task_;
  BatchShare share_;
  at::Tensor types_;  // as they were made: what is classified is known without waiting for the device
  LesionBatch batch_;
};

LesionTask::LesionTask(const LesionTrainingOptions& options, const LesionStart& start,
                       const LesionTrainingScans& training, std::span<const LesionScan> validation,
                       const TrainingDevice& device)
    : options_(options),
      validation_(validation),
      device_(device),
      location3d_(start.location3d),
      variants_(training.grounds, start.config, options),
      sampler_(training.real, start.config, options),
      network_(seeded_network<MdlCnn>(start.config, options.seed)),
      average_(seeded_network<MdlCnn>(start.config, options.seed)) {
  for (MdlCnn network : {network_, average_}) {
    if (!start.weights.empty()) network->load_state_dict(start.weights, options.initial);
  }
  if (!start.base.empty()) load_base_weights(start.base);
  for (MdlCnn network : {network_, average_}) device_.take(*network);
}

void LesionTask::load_base_weights(const StateDict& weights) {
  for (const MdlCnn& network : {network_, average_}) {
    load_state(network->base_network(), weights, "ResNet101", options_.base);
  }
}

void LesionTask::begin_epoch(int64_t epoch, Run& run) {
  if (variants_.begin_epoch(epoch, run) || options_.synthetic_per_scan == 0) sampler_.set_synthetic(variants_.scans());
  // What is held fixed keeps its running statistics too.
  for (const auto& child : network_->named_children()) {
    if (frozen(child.key() + ".", epoch)) child.value()->eval();
  }
}

std::unique_ptr<TrainingBatch> LesionTask::draw(int64_t epoch, int64_t step_of_epoch) {
  BatchShare share(options_.batch_size, options_.accumulation, communicator());
  const LesionBatch batch = sampler_.draw(epoch, step_of_epoch, share.items());
  return std::make_unique<RegionBatch>(*this, std::move(share), batch);
}

double LesionTask::rate_factor(const std::string& parameter) const {
  return !options_.base.empty() && is_base(parameter) ? options_.base_learning_rate_factor : 1;
}

bool LesionTask::frozen(const std::string& parameter, int64_t epoch) const {
  if (options_.freeze == FrozenPart::kLocation) return !parameter.starts_with(kClassChannel);
  return is_base(parameter) && epoch < options_.frozen_epochs;
}

void LesionTask::validate(bool averaged, EpochRecord& record, Run& run) {
  validate_lesions(averaged ? average_ : network_, validation_, options_, device_, communicator(), record, run);
}

}  // namespace hepatica
