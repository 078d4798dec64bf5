// Every network on the device against its CPU result.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

void check_liver_network(const Target& target, Report& report);
void check_lesion_network(const Target& target, Report& report);

}  // namespace hepatica::check
