// How many processors this process may use: what its affinity mask and its control group's CPU limit allow.
#pragma once

#include <optional>
#include <string>

namespace hepatica {

// At least 1. A limit of 1.5 CPUs counts as 2. The control group's limit is read once.
int usable_processors();

// The least CPU limit (cgroup version 1 or 2) of the process' control group and those around it, in CPUs; none where
// nothing limits it. `root` stands before /proc and the mount points: a test's folder.
std::optional<double> cgroup_cpu_limit(const std::string& root = {});

}  // namespace hepatica
