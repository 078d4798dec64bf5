#include "training/tasks/structure/task.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>

#include <utility>
#include <vector>

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
  DrawnSlices(StructureTask& task, BatchShare share, SliceBatch batch)
      : task_(task), share_(std::move(share)), batch_(std::move(batch)) {}

  int64_t size() const override { return share_.size(); }

  PartLoss loss(int64_t begin, int64_t end) override {
    const BatchShare::Range own = share_.own(begin, end);
    const auto part = [&](const at::Tensor& whole) { return whole.slice(0, own.begin, own.end); };
    const at::Tensor target = part(batch_.target);
    at::Tensor logits;
    {
      const Autocast autocast(task_.device_);
      logits = task_.network_->forward(part(batch_.image), part(batch_.coordinates));
    }
    const at::Tensor log_p = at::log_softmax(logits, 1);
    PartLoss result{segmentation_loss(log_p, target, task_.options_, task_.process_sum()), {}, {}};
    const at::NoGradGuard no_grad;
    const at::Tensor p = log_p.detach().select(1, 1).exp();
    const at::Tensor right = (p > 0.5).eq(target > 0.5);
    result.accuracy = mean_over_processes(right.to(at::kFloat), task_.process_sum());
    return result;
  }

 private:
  StructureTask& task_;
  BatchShare share_;
  SliceBatch batch_;
};

StructureTask::StructureTask(const StructureTrainingOptions& options, const LiverCnnConfig& config,
                             std::span<const GridScan> training, std::span<const GridScan> validation,
                             const TrainingDevice& device, Run& run)
    : options_(options),
      validation_(validation),
      device_(device),
      postprocessing_(fixed_by(options, training, validation, run)),
      sampler_(training, config, options),
      network_(seeded_network<LiverCnn>(config, options.seed)),
      average_(seeded_network<LiverCnn>(config, options.seed)) {
  for (LiverCnn network : {network_, average_}) device_.take(*network);
}

std::unique_ptr<TrainingBatch> StructureTask::draw(int64_t epoch, int64_t step_of_epoch) {
  BatchShare share(sampler_.batch_size(step_of_epoch), options_.accumulation, communicator());
  SliceBatch batch = sampler_.draw(epoch, step_of_epoch, share.items());
  for (at::Tensor* made : {&batch.image, &batch.coordinates, &batch.target}) *made = device_.take(*made);
  return std::make_unique<DrawnSlices>(*this, std::move(share), std::move(batch));
}

void StructureTask::validate(bool averaged, EpochRecord& record, Run& run) {
  const StructureValidation result = validate_structure(averaged ? average_ : network_, validation_, options_,
                                                        postprocessing_, device_, communicator(), run);
  record.validation_loss = result.loss;
  record.validation_accuracy = result.accuracy;
  record.validation_dice = record.score = result.dice;
  record.patients = result.patients;
  record.postprocessing = result.postprocessing.to_json();
  record.figures["unprocessedDice"] = result.unprocessed_dice;
}

}  // namespace hepatica
