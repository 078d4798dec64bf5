#include "training/tasks/volume/task.h"

#include <utility>

#include "core/error.h"
#include "models/weights/safetensors.h"
#include "training/loop/optimization.h"
#include "training/tasks/volume/labelled_classes.h"
#include "training/tasks/volume/loss.h"
#include "training/tasks/volume/validation.h"

namespace hepatica {

class VolumeTask::Crops : public TrainingBatch {
 public:
  Crops(VolumeTask& task, BatchShare share, const CropBatch& made)
      : task_(task),
        share_(std::move(share)),
        batch_{task.device_.take(made.values), task.device_.take(made.coordinates), task.device_.take(made.classes)} {}

  int64_t size() const override { return share_.size(); }

  PartLoss loss(int64_t begin, int64_t end) override {
    const BatchShare::Range own = share_.own(begin, end);
    const auto part = [&](const at::Tensor& whole) { return whole.slice(0, own.begin, own.end); };
    at::Tensor logits;
    {
      const Autocast autocast(task_.device_);
      logits = task_.network_->logits(part(batch_.values), part(batch_.coordinates));
    }
    logits = labelled_logits(logits, task_.labelled_);
    const VolumeLoss loss = volume_loss(logits, part(batch_.classes), task_.options_, task_.process_sum());
    return {loss.total, loss.accuracy, {{"trainingCrossEntropy", loss.cross_entropy}, {"trainingDiceLoss", loss.dice}}};
  }

 private:
  VolumeTask& task_;
  BatchShare share_;
  CropBatch batch_;
};

VolumeTask::VolumeTask(const VolumeTrainingOptions& options, const VolumeNetworkKind& kind,
                       std::span<const VolumeScan> training, std::span<const VolumeScan> validation,
                       const TrainingDevice& device)
    : options_(options),
      kind_(kind),
      validation_(validation),
      device_(device),
      labelled_(labelled_classes(kind, options.structures)),
      sampler_(training, kind, options),
      network_(make_network()),
      average_(make_network()) {}

std::unique_ptr<VolumeNetwork> VolumeTask::make_network() const {
  torch::manual_seed(options_.seed);
  std::unique_ptr<VolumeNetwork> network = kind_.make();
  torch::nn::Module& module = network->module();
  if (!options_.initial.empty()) {
    StateDict initial = SafetensorsFile(options_.initial).tensors();
    if (kind_.widened) initial = kind_.widened(std::move(initial), state_of(module));
    load_state(module, initial, "this network", options_.initial);
  }
  if (!options_.base.empty()) {
    const auto children = module.named_children();
    const auto* const base = children.find(kind_.base);
    if (!base) {
      throw Error("INVALID_ARGUMENT", "Expected base to be left out: this network has no pretrained part", {}, "base");
    }
    load_state(**base, SafetensorsFile(options_.base).tensors(), "this network's " + kind_.base, options_.base);
  }
  to_channels_last(module);
  device_.take(module);
  return network;
}

void VolumeTask::begin_epoch(int64_t epoch, Run& /*run*/) {
  // What is held fixed keeps its running statistics too.
  for (const auto& child : network_->module().named_children()) {
    if (frozen(child.key() + ".", epoch)) child.value()->eval();
  }
}

std::unique_ptr<TrainingBatch> VolumeTask::draw(int64_t epoch, int64_t step_of_epoch) {
  BatchShare share(options_.batch_size, options_.accumulation, communicator());
  const CropBatch batch = sampler_.draw(epoch, step_of_epoch, share.items());
  return std::make_unique<Crops>(*this, std::move(share), batch);
}

bool VolumeTask::is_base(const std::string& parameter) const {
  return !kind_.base.empty() && parameter.starts_with(kind_.base + ".");
}

double VolumeTask::rate_factor(const std::string& parameter) const {
  return is_base(parameter) ? options_.base_learning_rate_factor : 1;
}

bool VolumeTask::frozen(const std::string& parameter, int64_t epoch) const {
  return is_base(parameter) && epoch < options_.frozen_epochs;
}

void VolumeTask::validate(bool averaged, EpochRecord& record, Run& run) {
  validate_volumes(averaged ? *average_ : *network_, kind_, validation_, options_, device_, communicator(), record,
                   run);
}

}  // namespace hepatica
