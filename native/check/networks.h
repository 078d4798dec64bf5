// Every network on the device against its CPU result, and how fast it is.
#pragma once

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

// Against oneDNN's packed layers in fp32.
void check_networks(const Target& target, Report& report);

// In percent of a matrix product that is measured beside.
void time_networks(const Target& target, Report& report);

}  // namespace hepatica::check
