// The processes that train one network together: how many they are, which of them this is, and what they do as one.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "core/run.h"
#include "training/loop/process_place.h"

namespace hepatica {

// One thread of a process uses it; abort() may come from any. The collective members have to be called by all processes
// in the same order, and throw PROCESS_LOST where one of the others ended, failed or stands still.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool is_first() const { return rank() == 0; }

  // Where this process computes; a collective member. Where each has a GPU of its own and NCCL is there, tensors of
  // GPUs go from one to the other from here on, else through the host's memory, as those of the CPU always do.
  virtual void compute_on(const at::Device& device) = 0;
  virtual bool uses_nccl() const = 0;

  // The tensor's values become their sum over all processes, the same bytes in all of them. Any device and layout.
  virtual void all_reduce_sum(at::Tensor tensor) = 0;
  // The tensor's values become those that process `root` has.
  virtual void broadcast(at::Tensor tensor, int root) = 0;
  virtual void barrier() = 0;

  // Throws PROCESS_LOST where it is known that the others cannot go on.
  virtual void check() const = 0;
  // Tells the others that this process cannot go on, and why.
  virtual void abort(const std::string& reason) noexcept = 0;
  // After the last collective member: from here on, others may end.
  virtual void leave() = 0;
};

// Of a process that trains alone.
std::unique_ptr<Communicator> one_process();

// Waits until all processes have come. Where one is lost later, `run` is cancelled and check() says why. Throws
// RENDEZVOUS_FAILED where they don't find each other in time; place.size 1 is one_process().
std::unique_ptr<Communicator> join_processes(const ProcessPlace& place, Run& run);

// Calls `work` as one of the processes that stand at `place`. What ends it before its time is told to the others; where
// they ended theirs, it throws PROCESS_LOST.
void train_together(const ProcessPlace& place, Run& run, const std::function<void(Communicator&)>& work);

}  // namespace hepatica
