// The kernels against the CPU's code: the same bytes, for sizes that are no multiple of anything too.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void check_kernels(const Target& target, Report& report);

// Each kernel's time on a large scan, in percent of what copying the bytes it moves takes on the device.
void time_kernels(const Target& target, Report& report);

}  // namespace hepatica::check
