// What a network learns and from what: the part of a training run that differs from network to network. The epochs,
// Adam, the moving average, checkpoints and the history (trainer.h, training_run.h) are the same for all.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/run.h"
#include "models/state_dict.h"
#include "training/loop/communicator.h"
#include "training/loop/history.h"
#include "training/loop/process_sums.h"
#include "training/loop/training_device.h"

namespace torch::nn {
class Module;
}

namespace hepatica {

// Scalars, which a GPU may still be computing.
struct PartLoss {
  at::Tensor loss;  // mean over the part's items
  at::Tensor accuracy;
  std::map<std::string, at::Tensor> terms;  // of the loss, by the names that the epoch's record gives them
};

// What this process computes of a mini-batch, drawn from the task's data.
class TrainingBatch {
 public:
  virtual ~TrainingBatch() = default;
  // Of the items of all processes.
  virtual int64_t size() const = 0;

  // Of items [begin, end) of all processes, by the network that is trained: figures are of all of them, gradients of
  // those that this process has. All processes call it in the same order.
  virtual PartLoss loss(int64_t begin, int64_t end) = 0;
};

class TrainingTask {
 public:
  virtual ~TrainingTask() = default;

  // From here on, mini-batches and validation patients are shared among the processes; before, this one trains alone.
  // Keeps a reference.
  void join(Communicator& communicator);
  Communicator& communicator() const { return *communicator_; }
  // Empty where this process trains alone.
  const ProcessSum& process_sum() const { return sum_; }

  // Where networks and batches lie.
  virtual const TrainingDevice& device() const = 0;

  // The network that is trained, and one of the same shape and first weights for the moving average.
  virtual torch::nn::Module& network() = 0;
  virtual torch::nn::Module& average() = 0;

  // What the weights file holds beside the network, and the training leaves as it was.
  virtual StateDict carried() const { return {}; }

  virtual int64_t steps_per_epoch() const = 0;

  // Before the steps of an epoch (from 0); the network is in training mode. A resumed run begins with the epoch it goes
  // on from. `run` is polled where this takes long.
  virtual void begin_epoch(int64_t /*epoch*/, Run& /*run*/) {}

  // What is drawn depends on these numbers alone. Called beside a step of the batch before.
  virtual std::unique_ptr<TrainingBatch> draw(int64_t epoch, int64_t step_of_epoch) = 0;

  // Factor of a parameter's learning rate.
  virtual double rate_factor(const std::string& /*parameter*/) const { return 1; }
  // The gradient over all parameters is made no longer than this; 0: left as it is.
  virtual double gradient_limit() const { return 0; }
  // Whether a parameter was held fixed in all epochs (from 0) up to this one.
  virtual bool frozen(const std::string& /*parameter*/, int64_t /*epoch*/) const { return false; }

  // Fills the validation's fields of the record, its score among them. Without validation data it is not called.
  virtual bool has_validation() const = 0;
  virtual void validate(bool averaged, EpochRecord& record, Run& run) = 0;

 private:
  const std::unique_ptr<Communicator> alone_ = one_process();
  Communicator* communicator_ = alone_.get();
  ProcessSum sum_;
};

}  // namespace hepatica
