// How fast the device is: networks in percent of a measured matrix product, training, memory.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void time_networks(const Target& target, Report& report);
void time_training(const Target& target, Report& report);

}  // namespace hepatica::check
