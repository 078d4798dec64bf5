// How large a team of threads a library may be asked for: OpenMP ends the whole process where the system refuses one.
#pragma once

namespace hepatica {

// `wanted`, or as many threads as the system starts for this process now (a limit on processes or memory), the calling
// one among them; at least 1. What the calling thread was told before counts as started: its library keeps its team.
int startable_threads(int wanted);

}  // namespace hepatica
