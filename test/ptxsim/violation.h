// What the interpreter finds wrong with a kernel, and what it cannot interpret.
#pragma once

#include <stdexcept>
#include <string>

namespace ptxsim {

enum class Fault {
  kUnsupported,       // an instruction, directive or address space that is not modelled
  kMalformedPtx,      // text that is not PTX as nvcc writes it
  kOutOfBounds,       // no allocation, or past its end
  kMisaligned,        // an address that is no multiple of the access's size
  kUninitialized,     // a byte that nobody wrote
  kDataRace,          // two accesses, one a write, that nothing orders
  kReadOnlyWritten,   // ld.global.nc of a byte that the same launch writes
  kDivergentBarrier,  // a barrier that some threads of the block never reach
  kWarpMask,          // a warp operation whose mask names the wrong lanes
  kWarpDeadlock,      // lanes that wait for each other
  kDivisionByZero,
};

class Violation : public std::runtime_error {
 public:
  Violation(Fault what, const std::string& message) : std::runtime_error(message), fault(what) {}

  Fault fault;
};

}  // namespace ptxsim
