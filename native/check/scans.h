// Whole scans through the pipelines, liver and lesions, on the device and on the CPU.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void check_scans(const Target& target, Report& report);

}  // namespace hepatica::check
