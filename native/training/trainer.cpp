#include "training/trainer.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "core/error.h"
#include "training/optimization.h"
#include "training/validation.h"

namespace hepatica {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// A network whose first weights depend on the seed alone.
LiverCnn seeded_network(const LiverCnnConfig& config, uint64_t seed) {
  torch::manual_seed(seed);
  LiverCnn network(config);
  to_channels_last(network);
  return network;
}

StateDict clone(const StateDict& state) {
  const at::NoGradGuard no_grad;
  StateDict copy;
  for (const auto& [name, tensor] : state) copy[name] = tensor.detach().clone();
  return copy;
}

}  // namespace

Trainer::Trainer(const TrainingOptions& options, const LiverCnnConfig& config, std::span<const GridScan> training,
                 std::span<const GridScan> validation, Run& run)
    : options_(options),
      config_(config),
      validation_(validation),
      run_(run),
      bf16_(use_bf16(options.precision)),
      sampler_(training, config, options),
      network_(seeded_network(config, options.seed)),
      average_(seeded_network(config, options.seed)),
      adam_(make_adam(network_, options.learning_rate)) {
  at::set_num_threads(run.thread_count());
}

double Trainer::fraction_done() const {
  const auto total = static_cast<double>(options_.epochs * sampler_.steps_per_epoch());
  const double by_steps = static_cast<double>(steps_done_) / total;
  if (options_.time_limit_minutes <= 0) return by_steps;
  return std::max(by_steps, seconds_ / (60 * options_.time_limit_minutes));
}

bool Trainer::time_is_up() const {
  return options_.time_limit_minutes > 0 && seconds_ >= 60 * options_.time_limit_minutes;
}

bool Trainer::is_over(int64_t epoch) const {
  if (epoch >= options_.epochs || time_is_up()) return true;
  const int64_t patience = options_.early_stopping_epochs;
  return patience > 0 && history_.best_epoch > 0 && epoch - history_.best_epoch >= patience;
}

void Trainer::train(const std::function<void(const EpochRecord&)>& after_epoch) {
  run_.progress(fraction_done());
  while (!is_over(epochs_done_)) {
    EpochRecord record = run_epoch(epochs_done_);
    ++epochs_done_;
    validate_epoch(epochs_done_, record);
    choose_best(record);
    history_.epochs.push_back(record);
    after_epoch(record);
  }
}

// The next batch is drawn beside the step. It sees the priors as of the step before, and is finished before this
// step's maps are kept: what it draws does not depend on which of the two was faster.
EpochRecord Trainer::run_epoch(int64_t epoch) {
  const auto start = Clock::now();
  const double seconds_before = seconds_;
  const int64_t steps = sampler_.steps_per_epoch();
  const auto draw = [&](int64_t i) {
    const int64_t step_of_run = steps_done_;
    return std::async(std::launch::async, [=, this] { return sampler_.draw(epoch, i, step_of_run); });
  };
  network_->train();
  double loss = 0, accuracy = 0;
  int64_t images = 0;
  std::future<Batch> next = draw(0);
  for (int64_t i = 0; i < steps && !time_is_up(); ++i) {
    run_.check_cancelled();
    const Batch batch = next.get();
    ++steps_done_;
    if (i + 1 < steps) next = draw(i + 1);
    at::Tensor maps;
    const StepResult result = step(batch, maps);
    if (next.valid()) next.wait();
    if (config_.has_prior()) sampler_.remember(batch, maps);
    const auto size = static_cast<double>(batch.items.size());
    loss += result.loss * size;
    accuracy += result.accuracy * size;
    images += static_cast<int64_t>(batch.items.size());
    seconds_ = seconds_before + seconds_since(start);
    run_.progress(fraction_done());
  }
  EpochRecord record;
  record.epoch = epoch + 1;
  record.steps = steps_done_;
  record.learning_rate = learning_rate_;
  record.training_loss = loss / static_cast<double>(images);
  record.training_accuracy = accuracy / static_cast<double>(images);
  record.seconds = seconds_ - seconds_before;
  record.images_per_second = static_cast<double>(images) / record.seconds;
  return record;
}

// steps_done_ counts this step already.
Trainer::StepResult Trainer::step(const Batch& batch, at::Tensor& maps) {
  learning_rate_ = learning_rate_at(steps_done_ - 1, fraction_done(), options_);
  for (auto& group : adam_.param_groups()) {
    static_cast<torch::optim::AdamOptions&>(group.options()).lr(learning_rate_);
  }
  adam_.zero_grad();
  const auto size = static_cast<int64_t>(batch.items.size());
  const int64_t part = (size + options_.accumulation - 1) / options_.accumulation;
  StepResult sum;
  maps = at::empty({size, batch.target.size(1), batch.target.size(2)}, at::kByte);
  for (int64_t begin = 0; begin < size; begin += part) {
    const StepResult result = accumulate_gradients(batch, begin, std::min(size, begin + part), maps);
    sum.loss += result.loss;
    sum.accuracy += result.accuracy;
  }
  if (!std::isfinite(sum.loss)) {
    throw Error("TRAINING_DIVERGED",
                "The loss is no longer a finite number after " + std::to_string(steps_done_) + " steps", {},
                "learningRate", "Train with a lower learning rate");
  }
  adam_.step();
  if (options_.ema_decay > 0) update_average(average_, network_, options_.ema_decay, steps_done_);
  return sum;
}

Trainer::StepResult Trainer::accumulate_gradients(const Batch& batch, int64_t begin, int64_t end, at::Tensor& maps) {
  const auto part = [&](const at::Tensor& whole) { return whole.slice(0, begin, end); };
  const at::Tensor target = part(batch.target);
  at::Tensor logits;
  {
    const Autocast autocast(bf16_);
    logits = network_->forward(part(batch.image), part(batch.prior), part(batch.coordinates));
  }
  const at::Tensor log_p = at::log_softmax(logits, 1);
  const double share = static_cast<double>(end - begin) / static_cast<double>(batch.items.size());
  const at::Tensor loss = segmentation_loss(log_p, target, options_) * share;
  loss.backward();
  const at::NoGradGuard no_grad;
  const at::Tensor p = log_p.detach().select(1, 1).exp();
  part(maps).copy_((p * 255).round_());
  const at::Tensor right = (p > 0.5).eq(target > 0.5);
  return {loss.item<double>(), right.to(at::kFloat).mean().item<double>() * share};
}

void Trainer::validate_epoch(int64_t epoch, EpochRecord& record) {
  const bool last = is_over(epoch);
  if (validation_.empty() || (epoch % options_.validation_every != 0 && !last)) return;
  const ValidationResult result = validate(judged_network(), validation_, options_, bf16_, run_);
  record.validation_loss = result.loss;
  record.validation_accuracy = result.accuracy;
  record.validation_dice = result.dice;
  record.patients = result.patients;
}

void Trainer::choose_best(const EpochRecord& record) {
  const bool better = validation_.empty() || (record.validation_dice && *record.validation_dice > history_.best_dice);
  if (!better) return;
  history_.best_epoch = record.epoch;
  history_.best_dice = record.validation_dice.value_or(-1);
  best_weights_ = clone(judged_network()->state_dict());
}

TrainingState Trainer::state() {
  TrainingState state;
  state.epochs_done = epochs_done_;
  state.steps_done = steps_done_;
  state.seconds = seconds_;
  state.history = history_;
  state.network = network_->state_dict();
  if (options_.ema_decay > 0) state.average = average_->state_dict();
  state.best = best_weights_;
  state.optimizer = adam_state(adam_, network_);
  PriorStore& priors = sampler_.priors();
  for (size_t scan = 0; scan < priors.scan_count() && priors.levels() > 0; ++scan) {
    const auto bytes = [](std::vector<uint8_t>& data) {
      return at::from_blob(data.data(), {static_cast<int64_t>(data.size())}, at::kByte);
    };
    state.priors["maps." + std::to_string(scan)] = bytes(priors.maps(scan));
    state.priors["kept." + std::to_string(scan)] = bytes(priors.kept(scan));
  }
  return state;
}

void Trainer::restore(const TrainingState& saved, const std::string& file) {
  const at::NoGradGuard no_grad;
  network_->load_state_dict(saved.network, file);
  if (options_.ema_decay > 0) average_->load_state_dict(saved.average, file);
  if (saved.steps_done > 0) load_adam_state(adam_, network_, saved.optimizer, file);
  for (auto& [name, tensor] : state().priors) {
    const auto found = saved.priors.find(name);
    if (found == saved.priors.end() || found->second.numel() != tensor.numel()) {
      throw Error("CHECKPOINT_MISMATCH", "The checkpoint's priors belong to other scans", file, name,
                  "Resume with the dataset that the checkpoint was made with, or train anew");
    }
    tensor.copy_(found->second.view(-1));
  }
  best_weights_ = clone(saved.best);
  history_ = saved.history;
  epochs_done_ = saved.epochs_done;
  steps_done_ = saved.steps_done;
  seconds_ = saved.seconds;
}

}  // namespace hepatica
