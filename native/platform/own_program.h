// The program that runs, to be started once more.
#pragma once

namespace hepatica {

inline constexpr const char* kOwnProgram = "/proc/self/exe";

}  // namespace hepatica
