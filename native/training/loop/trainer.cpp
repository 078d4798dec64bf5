#include "training/loop/trainer.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "core/error.h"
#include "platform/startable_threads.h"

namespace hepatica {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

[[noreturn]] void refuse_diverged(const std::string& what, int64_t steps) {
  throw Error("TRAINING_DIVERGED", what + " after " + std::to_string(steps) + " steps", {}, "learningRate",
              "Train with a lower learning rate");
}

bool is_finite(const torch::nn::Module& network) {
  const StateDict state = state_of(network);
  return std::all_of(state.begin(), state.end(), [](const auto& entry) {
    const at::Tensor& tensor = entry.second;
    return !tensor.is_floating_point() || at::isfinite(tensor).all().template item<bool>();
  });
}

StateDict copy_of(const StateDict& state) {
  const at::NoGradGuard no_grad;
  StateDict copy;
  for (const auto& [name, tensor] : state) {
    copy[name] = tensor.detach().to(at::kCPU, /*non_blocking=*/false, /*copy=*/true);
  }
  return copy;
}

}  // namespace

Trainer::Trainer(const TrainingRunOptions& options, TrainingTask& task, Run& run)
    : options_(options),
      task_(task),
      run_(run),
      determinism_(task.device()),
      adam_(make_adam(task, options.learning_rate)) {
  adam_.fused = !task.device().is_cpu();
  at::set_num_threads(startable_threads(run.thread_count()));
}

double Trainer::fraction_done() const {
  const auto total = static_cast<double>(options_.epochs * task_.steps_per_epoch());
  const double by_steps = static_cast<double>(steps_done_) / total;
  if (options_.time_limit_minutes <= 0) return by_steps;
  return std::max(by_steps, seconds_ / (60 * options_.time_limit_minutes));
}

bool Trainer::time_is_up() const {
  return options_.time_limit_minutes > 0 && seconds_ >= 60 * options_.time_limit_minutes;
}

// The time decides how long is trained, and how fast: all processes go by one clock.
double Trainer::agreed(double seconds) const {
  if (task_.communicator().size() == 1 || options_.time_limit_minutes <= 0) return seconds;
  const at::Tensor first = at::full({1}, seconds, at::kDouble);
  task_.communicator().broadcast(first, 0);
  return first.item<double>();
}

bool Trainer::is_over(int64_t epoch) const {
  if (epoch >= options_.epochs || time_is_up()) return true;
  const int64_t patience = options_.early_stopping_epochs;
  return patience > 0 && history_.best_epoch > 0 && epoch - history_.best_epoch >= patience;
}

void Trainer::agree_on_start() {
  Communicator& communicator = task_.communicator();
  if (communicator.size() == 1) return;
  const at::NoGradGuard no_grad;
  const at::Tensor first = at::full({1}, steps_done_, at::kLong);
  communicator.broadcast(first, 0);
  const at::Tensor others = at::full({1}, first.item<int64_t>() == steps_done_ ? 0 : 1, at::kLong);
  communicator.all_reduce_sum(others);
  if (others.item<int64_t>() > 0) {
    throw Error("CHECKPOINT_MISMATCH", "The processes go on from different checkpoints", options_.checkpoint_folder, {},
                "Give all processes the same checkpoint folder, on a file system that they share");
  }
  for (torch::nn::Module* network : {&task_.network(), &task_.average()}) {
    for (auto& [name, tensor] : state_of(*network)) communicator.broadcast(tensor.detach(), 0);
  }
}

void Trainer::train(const std::function<void(const EpochRecord&)>& after_epoch) {
  run_.progress(fraction_done());
  while (!is_over(epochs_done_)) {
    EpochRecord record = run_epoch(epochs_done_);
    ++epochs_done_;
    // Such weights never recover, and must reach no checkpoint.
    if (!is_finite(judged_network())) refuse_diverged("The weights are no longer finite numbers", steps_done_);
    validate_epoch(epochs_done_, record);
    choose_best(record);
    tell_of_indeterminism();
    history_.epochs.push_back(record);
    after_epoch(record);
  }
}

// The next batch is drawn beside the step, and a step's figures are read when the next one is on its way: a GPU never
// waits for this thread.
EpochRecord Trainer::run_epoch(int64_t epoch) {
  const auto start = Clock::now();
  const double seconds_before = seconds_;
  const int64_t steps = task_.steps_per_epoch();
  const auto draw = [&](int64_t i) {
    return std::async(std::launch::async, [=, this] { return task_.draw(epoch, i); });
  };
  task_.network().train();
  freeze(epoch);
  task_.begin_epoch(epoch, run_);
  EpochSums sums;
  std::optional<StepFigures> before;
  std::future<std::unique_ptr<TrainingBatch>> next = draw(0);
  for (int64_t i = 0; i < steps && !time_is_up(); ++i) {
    run_.check_cancelled();
    const std::unique_ptr<TrainingBatch> batch = next.get();
    ++steps_done_;
    if (i + 1 < steps) next = draw(i + 1);
    StepFigures figures = step(*batch);
    if (before) add(*before, sums);
    before = std::move(figures);
    seconds_ = agreed(seconds_before + seconds_since(start));
    run_.progress(fraction_done());
  }
  if (before) add(*before, sums);
  seconds_ = agreed(seconds_before + seconds_since(start));
  const auto images = static_cast<double>(sums.images);
  EpochRecord record;
  record.epoch = epoch + 1;
  record.steps = steps_done_;
  record.learning_rate = learning_rate_;
  record.training_loss = sums.loss / images;
  record.training_accuracy = sums.accuracy / images;
  for (const auto& [name, sum] : sums.terms) record.figures[name] = sum / images;
  record.device = task_.device().label;
  record.seconds = seconds_ - seconds_before;
  record.images_per_second = images / record.seconds;
  return record;
}

void Trainer::freeze(int64_t epoch) {
  for (auto& item : task_.network().named_parameters()) {
    item.value().set_requires_grad(!task_.frozen(item.key(), epoch));
  }
}

// steps_done_ counts this step already.
Trainer::StepFigures Trainer::step(TrainingBatch& batch) {
  const ComputeMode mode = single_precision();
  learning_rate_ = learning_rate_at(steps_done_ - 1, fraction_done(), options_);
  adam_.set_learning_rate(learning_rate_);
  adam_.optimizer.zero_grad();
  StepFigures figures;
  figures.size = batch.size();
  figures.steps_done = steps_done_;
  const int64_t part = BatchShare::part_size(figures.size, options_.accumulation);
  for (int64_t begin = 0; begin < figures.size; begin += part) {
    const int64_t end = std::min(figures.size, begin + part);
    PartLoss result = batch.loss(begin, end);
    const double share = static_cast<double>(end - begin) / static_cast<double>(figures.size);
    const at::Tensor loss = result.loss * share;
    // Nothing to learn where what is not frozen took no part.
    if (loss.requires_grad()) loss.backward();
    result.loss = loss.detach();
    figures.parts.push_back({share, std::move(result)});
  }
  sum_gradients(task_.network(), task_.communicator());
  if (task_.gradient_limit() > 0) limit_gradient(task_.network(), task_.gradient_limit());
  adam_.step();
  if (averages()) update_average(task_.average(), task_.network(), options_.ema_decay, steps_done_);
  return figures;
}

void Trainer::add(const StepFigures& figures, EpochSums& sums) {
  double loss = 0, accuracy = 0;
  std::map<std::string, double> terms;
  for (const auto& [share, part] : figures.parts) {
    loss += part.loss.item<double>();
    accuracy += part.accuracy.item<double>() * share;
    for (const auto& [name, value] : part.terms) terms[name] += value.item<double>() * share;
  }
  if (!std::isfinite(loss)) refuse_diverged("The loss is no longer a finite number", figures.steps_done);
  const auto size = static_cast<double>(figures.size);
  sums.loss += loss * size;
  sums.accuracy += accuracy * size;
  for (const auto& [name, value] : terms) sums.terms[name] += value * size;
  sums.images += figures.size;
}

ComputeMode Trainer::single_precision() const {
  return {ComputeDevice{.tensors = task_.device().tensors}, Precision::kFp32, run_};
}

void Trainer::tell_of_indeterminism() {
  std::string operations;
  for (const std::string& name : determinism_.untold()) {
    if (told_.insert(name).second) operations += (operations.empty() ? "" : ", ") + name;
  }
  if (operations.empty()) return;
  run_.warn("NOT_DETERMINISTIC",
            "On " + task_.device().label + ", two runs may differ in the last digits by " + operations);
}

void Trainer::validate_epoch(int64_t epoch, EpochRecord& record) {
  const bool last = is_over(epoch);
  if (!task_.has_validation() || (epoch % options_.validation_every != 0 && !last)) return;
  const ComputeMode mode = single_precision();
  task_.validate(averages(), record, run_);
  if (!std::isfinite(record.validation_loss.value_or(0)) || !std::isfinite(record.score.value_or(0))) {
    refuse_diverged("What the network computes for the validation patients is no longer a finite number", steps_done_);
  }
}

void Trainer::choose_best(const EpochRecord& record) {
  const bool any = !task_.has_validation() || options_.keep == KeptWeights::kLast;
  const bool better = any || (record.score && *record.score > history_.best_score);
  if (!better) return;
  history_.best_epoch = record.epoch;
  history_.best_score = record.score.value_or(-1);
  history_.best_dice = record.validation_dice.value_or(-1);
  best_weights_ = copy_of(state_of(judged_network()));
}

TrainingState Trainer::state() {
  TrainingState state;
  state.epochs_done = epochs_done_;
  state.steps_done = steps_done_;
  state.seconds = seconds_;
  state.history = history_;
  state.network = on_cpu(state_of(task_.network()));
  if (averages()) state.average = on_cpu(state_of(task_.average()));
  state.best = best_weights_;
  state.optimizer = on_cpu(adam_state(adam_.optimizer, task_.network()));
  return state;
}

void Trainer::restore(const TrainingState& saved, const std::string& file) {
  const at::NoGradGuard no_grad;
  load_state(task_.network(), saved.network, "the network of this run", file);
  if (averages()) load_state(task_.average(), saved.average, "the network of this run", file);
  if (saved.steps_done > 0) load_adam_state(adam_.optimizer, task_.network(), saved.optimizer, file);
  best_weights_ = copy_of(saved.best);
  history_ = saved.history;
  epochs_done_ = saved.epochs_done;
  steps_done_ = saved.steps_done;
  seconds_ = saved.seconds;
}

}  // namespace hepatica
