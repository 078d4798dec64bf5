// One PTX instruction's text, decoded.
#pragma once

#include <map>
#include <string>

#include "program.h"
#include "statements.h"

namespace ptxsim {

// The names that a kernel's instructions may use.
struct Symbols {
  std::map<std::string, int> registers;
  std::map<std::string, uint64_t> shared;      // addresses in the shared window
  std::map<std::string, uint64_t> parameters;  // offsets in the parameter block
};

// The label of a branch is left to the caller: instruction.text holds it as its last word. Throws kUnsupported for what
// is not modelled.
Instruction decode(const Statement& statement, const Symbols& symbols);

}  // namespace ptxsim
