// Training on the device against the same on the CPU, and how fast it is.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void check_training(const Target& target, Report& report);
void time_training(const Target& target, Report& report);

}  // namespace hepatica::check
