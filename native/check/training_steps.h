// Steps of training on the device against the same on the CPU.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void check_liver_training(const Target& target, Report& report);
void check_lesion_training(const Target& target, Report& report);

}  // namespace hepatica::check
