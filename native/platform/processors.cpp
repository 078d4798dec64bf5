#include "platform/processors.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

namespace hepatica {
namespace fs = std::filesystem;
namespace {

// A file system of control groups (proc(5), /proc/self/mountinfo).
struct Mount {
  fs::path root;   // the group that is seen at `point`
  fs::path point;  // where it is mounted
  bool unified = false;
};

// Of a list "a,b,c".
bool lists(const std::string& list, const std::string& name) {
  std::istringstream items(list);
  for (std::string item; std::getline(items, item, ',');) {
    if (item == name) return true;
  }
  return false;
}

std::vector<Mount> cpu_mounts(const std::string& root) {
  std::vector<Mount> mounts;
  std::ifstream file(root + "/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t separator = line.find(" - ");
    if (separator == std::string::npos) continue;
    std::istringstream before(line.substr(0, separator));
    std::istringstream after(line.substr(separator + 3));
    std::string id, parent, device, mounted, point, type, source, options;
    before >> id >> parent >> device >> mounted >> point;
    after >> type >> source >> options;
    const bool unified = type == "cgroup2";
    if (unified || (type == "cgroup" && lists(options, "cpu"))) mounts.push_back({mounted, point, unified});
  }
  return mounts;
}

// The path of the process' group in the hierarchy of that kind; empty where it is in none.
std::string group_path(const std::string& root, bool unified) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (unified ? controllers.empty() : lists(controllers, "cpu")) return line.substr(second + 1);
  }
  return {};
}

std::optional<double> number_in(const fs::path& path) {
  std::ifstream file(path);
  double number = 0;
  if (file >> number) return number;
  return std::nullopt;
}

// CPUs that the group in `folder` itself is limited to.
std::optional<double> limit_of(const fs::path& folder, bool unified) {
  std::optional<double> quota, period;
  if (unified) {
    std::ifstream file(folder / "cpu.max");  // "150000 100000", or "max 100000"
    std::string first;
    double second = 0;
    if (file >> first >> second && first != "max") {
      quota = std::strtod(first.c_str(), nullptr);
      period = second;
    }
  } else {
    quota = number_in(folder / "cpu.cfs_quota_us");  // -1: none
    period = number_in(folder / "cpu.cfs_period_us");
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota / *period;
}

// From the process' group up to the mount: each group's limit holds for all within it.
std::optional<double> least_limit(const std::string& root, const Mount& mount) {
  const fs::path relative = fs::path(group_path(root, mount.unified)).lexically_relative(mount.root);
  const bool below = !relative.empty() && *relative.begin() != "..";  // else a name space hides the groups around it
  const fs::path top = (root + mount.point.string());
  std::optional<double> least;
  for (fs::path folder = below ? (top / relative).lexically_normal() : top;; folder = folder.parent_path()) {
    const std::optional<double> limit = limit_of(folder, mount.unified);
    if (limit && (!least || *limit < *least)) least = limit;
    if (folder == top || folder.native().size() <= top.native().size()) return least;
  }
}

int processors_of_affinity() {
  // As many as the kernel knows may be more than a cpu_set_t holds.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 2) {
    const auto free_set = [](cpu_set_t* set) { CPU_FREE(set); };
    const std::unique_ptr<cpu_set_t, decltype(free_set)> set(CPU_ALLOC(static_cast<size_t>(capacity)), free_set);
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(capacity));
    if (!set) break;
    CPU_ZERO_S(bytes, set.get());
    if (sched_getaffinity(0, bytes, set.get()) == 0) return std::max(1, CPU_COUNT_S(bytes, set.get()));
  }
  return 1;
}

}  // namespace

std::optional<double> cgroup_cpu_limit(const std::string& root) {
  std::optional<double> least;
  for (const Mount& mount : cpu_mounts(root)) {
    const std::optional<double> limit = least_limit(root, mount);
    if (limit && (!least || *limit < *least)) least = limit;
  }
  return least;
}

int usable_processors() {
  static const std::optional<double> limit = cgroup_cpu_limit();
  const int processors = processors_of_affinity();
  if (!limit) return processors;
  // A hair above a whole number is that number.
  return std::clamp(static_cast<int>(std::ceil(std::min(*limit, 1e6) - 1e-6)), 1, processors);
}

}  // namespace hepatica
