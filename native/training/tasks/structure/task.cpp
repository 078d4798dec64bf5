#include "training/tasks/structure/task.h"

#include <utility>
#include <vector>

#include "core/error.h"
#include "training/loop/optimization.h"
#include "training/tasks/structure/label_shape.h"
#include "training/tasks/structure/segmentation_loss.h"
#include "training/tasks/structure/validation.h"

namespace hepatica {
namespace {

std::optional<Postprocessing> fixed_by(const StructureTrainingOptions& options, std::span<const GridScan> training,
                                       std::span<const GridScan> validation, Run& run) {
  if (!options.postprocessing.empty()) return Postprocessing::from_json(options.postprocessing);
  // Out-of-fold figures hold only where the validation patients choose nothing.
  if (validation.empty() || options.keep == KeptWeights::kLast) return postprocessing_of_labels(training, run);
  return std::nullopt;
}

}  // namespace

class StructureTask::DrawnSlices : public TrainingBatch {
 public:
  DrawnSlices(StructureTask& task, SliceBatch batch)
      : task_(task), batch_(std::move(batch)), maps_(at::empty(batch_.target.sizes(), at::kByte)) {}

  int64_t size() const override { return static_cast<int64_t>(batch_.items.size()); }

  PartLoss loss(int64_t begin, int64_t end) override {
    const auto part = [&](const at::Tensor& whole) { return whole.slice(0, begin, end); };
    const at::Tensor target = part(batch_.target);
    at::Tensor logits;
    {
      const Autocast autocast(task_.bf16_);
      logits = task_.network_->forward(part(batch_.image), part(batch_.prior), part(batch_.coordinates));
    }
    const at::Tensor log_p = at::log_softmax(logits, 1);
    PartLoss result{segmentation_loss(log_p, target, task_.options_), 0, {}};
    const at::NoGradGuard no_grad;
    const at::Tensor p = log_p.detach().select(1, 1).exp();
    part(maps_).copy_((p * 255).round_());
    const at::Tensor right = (p > 0.5).eq(target > 0.5);
    result.accuracy = right.to(at::kFloat).mean().item<double>();
    return result;
  }

  // The maps are kept as priors of later batches.
  void finish() override {
    if (task_.network_->config().has_prior()) task_.sampler_.remember(batch_, maps_);
  }

 private:
  StructureTask& task_;
  SliceBatch batch_;
  at::Tensor maps_;
};

StructureTask::StructureTask(const StructureTrainingOptions& options, const LiverCnnConfig& config,
                             std::span<const GridScan> training, std::span<const GridScan> validation, Run& run)
    : options_(options),
      validation_(validation),
      bf16_(use_bf16(options.precision)),
      postprocessing_(fixed_by(options, training, validation, run)),
      sampler_(training, config, options),
      network_(seeded_network<LiverCnn>(config, options.seed)),
      average_(seeded_network<LiverCnn>(config, options.seed)) {}

std::unique_ptr<TrainingBatch> StructureTask::draw(int64_t epoch, int64_t step_of_epoch, int64_t step) {
  return std::make_unique<DrawnSlices>(*this, sampler_.draw(epoch, step_of_epoch, step));
}

void StructureTask::validate(bool averaged, EpochRecord& record, Run& run) {
  const StructureValidation result =
      validate_structure(averaged ? average_ : network_, validation_, options_, postprocessing_, bf16_, run);
  record.validation_loss = result.loss;
  record.validation_accuracy = result.accuracy;
  record.validation_dice = record.score = result.dice;
  record.patients = result.patients;
  record.postprocessing = result.postprocessing.to_json();
  record.figures["unprocessedDice"] = result.unprocessed_dice;
}

StateDict StructureTask::state() {
  StateDict state;
  PriorStore& priors = sampler_.priors();
  for (size_t scan = 0; scan < priors.scan_count() && priors.levels() > 0; ++scan) {
    const auto bytes = [](std::vector<uint8_t>& data) {
      return at::from_blob(data.data(), {static_cast<int64_t>(data.size())}, at::kByte);
    };
    state["maps." + std::to_string(scan)] = bytes(priors.maps(scan));
    state["kept." + std::to_string(scan)] = bytes(priors.kept(scan));
  }
  return state;
}

void StructureTask::restore(const StateDict& saved, const std::string& file) {
  for (auto& [name, tensor] : state()) {
    const auto found = saved.find(name);
    if (found == saved.end() || found->second.numel() != tensor.numel()) {
      throw Error("CHECKPOINT_MISMATCH", "The checkpoint's priors belong to other scans", file, name,
                  "Resume with the dataset that the checkpoint was made with, or train anew");
    }
    tensor.copy_(found->second.view(-1));
  }
}

}  // namespace hepatica
