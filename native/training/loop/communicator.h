// The processes that train one network together: how many they are, which of them this is, and what they do as one.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "core/run.h"

namespace hepatica {

// Where a process stands among those that train together; `torchrun` and Kubernetes' PyTorchJob say it in RANK,
// WORLD_SIZE, MASTER_ADDR and MASTER_PORT.
struct ProcessPlace {
  int rank = 0;
  int size = 1;
  std::string address;  // of the machine on which process 0 runs
  uint16_t port = 0;
  // Where something else than process 0 listens there already (torchrun's agent): a name that only this run's processes
  // give, so that their keys are theirs.
  std::string agent_prefix;
  // Of the network's device that is used between machines; empty: the one of this machine's name.
  std::string interface;
  // Containers of one job start at different times, and fetch their images first.
  std::chrono::seconds meeting_timeout = std::chrono::minutes(10);
  // A process that gave no sign for so long is lost: a machine under load still gives some, one that is off does not.
  std::chrono::seconds patience{30};
};

// One thread of a process uses it; abort() may come from any. The collective members have to be called by all processes
// in the same order, and throw PROCESS_LOST where one of the others ended, failed or stands still.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool is_first() const { return rank() == 0; }

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

}  // namespace hepatica
