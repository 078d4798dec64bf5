// A whole launch: its limits, its blocks in the order of the schedule.
#pragma once

#include "block.h"

namespace ptxsim {

// From PTXSIM_ORDER=fwd|rev|rand:SEED, PTXSIM_PREEMPT=permille, PTXSIM_CHECK=0|1. Throws kUnsupported for other values.
Schedule schedule_from_environment();

// What every supported GPU accepts: up to 1024 threads and 48 KiB of shared memory a block, the grid's bounds, and the
// kernel's own .maxntid.
bool is_valid_configuration(const Launch& launch);

void run_launch(const Launch& launch, GlobalMemory& memory);

}  // namespace ptxsim
