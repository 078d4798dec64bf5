// Where one of the processes that train together stands.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

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

}  // namespace hepatica
