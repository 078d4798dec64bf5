// Two processes that train together, on one device and on two, against one that trains alone.
#pragma once

#include <cstdint>
#include <string>

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

// Which of the two processes this is, when the program has started itself.
struct Rank {
  int number = -1;
  uint16_t port = 0;
  bool own_device = false;
  std::string output;  // a safetensors file: what it learned
};

// Starts `program` (this one) twice.
void check_processes(const Target& target, const std::string& program, Report& report);

// What the program does as one of them; its exit code.
int run_rank(const Target& target, const Rank& rank);

}  // namespace hepatica::check
