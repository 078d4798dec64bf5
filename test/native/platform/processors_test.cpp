#include "platform/processors.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "core/parallel.h"
#include "platform/startable_threads.h"

using namespace hepatica;
namespace fs = std::filesystem;

namespace {

// What /proc and the mounted control groups hold.
class Machine {
 public:
  Machine() {
    std::string name = (fs::temp_directory_path() / "hepatica-cgroup-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~Machine() { fs::remove_all(root_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  std::optional<double> limit() const { return cgroup_cpu_limit(root_); }

 private:
  std::string root_;
};

constexpr const char* kUnified = "/sys/fs/cgroup";
constexpr const char* kCpu = "/sys/fs/cgroup/cpu,cpuacct";

void set_up_version2(const Machine& machine, const std::string& group, const std::string& mounted = "/") {
  machine.write("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:26 " + mounted + " " + kUnified +
                                            " rw,nosuid shared:4 - cgroup2 cgroup rw,nsdelegate\n");
  machine.write("/proc/self/cgroup", "0::" + group + "\n");
}

void set_up_version1(const Machine& machine, const std::string& group, const std::string& mounted = "/") {
  machine.write(
      "/proc/self/mountinfo",
      "30 22 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n31 22 0:27 " + mounted + " " + kCpu +
          " rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n32 22 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup "
          "rw,cpuset\n");
  machine.write("/proc/self/cgroup", "11:memory:/elsewhere\n4:cpuset:/\n3:cpu,cpuacct:" + group + "\n0::/ignored\n");
}

void limit_version1(const Machine& machine, const std::string& group, int64_t quota, int64_t period = 100000) {
  machine.write(kCpu + group + "/cpu.cfs_quota_us", std::to_string(quota) + "\n");
  machine.write(kCpu + group + "/cpu.cfs_period_us", std::to_string(period) + "\n");
}

}  // namespace

TEST_CASE("the CPU limit of the process' control group, versions 1 and 2") {
  for (const double cpus : {0.5, 1.0, 1.5, 2.0, 3.25, 8.0, 64.0}) {
    for (const int period : {100000, 20000, 1000000}) {
      const auto quota = static_cast<int64_t>(cpus * period);
      const Machine second;
      set_up_version2(second, "/user.slice/app");
      second.write(std::string(kUnified) + "/user.slice/app/cpu.max",
                   std::to_string(quota) + " " + std::to_string(period) + "\n");
      CHECK(second.limit() == cpus);
      const Machine first;
      set_up_version1(first, "/docker/1f");
      limit_version1(first, "/docker/1f", quota, period);
      CHECK(first.limit() == cpus);
    }
  }
}

TEST_CASE("the least limit of nested groups holds, wherever it is") {
  for (int limited = 0; limited < 4; ++limited) {
    const std::string groups[] = {"", "/a", "/a/b", "/a/b/c"};
    const Machine second;
    set_up_version2(second, "/a/b/c");
    const Machine first;
    set_up_version1(first, "/a/b/c");
    for (int i = 1; i < 4; ++i) {
      second.write(kUnified + groups[i] + "/cpu.max", "max 100000\n");
      limit_version1(first, groups[i], i == 3 ? 1600000 : -1);
    }
    second.write(kUnified + groups[limited] + "/cpu.max", "250000 100000\n");
    limit_version1(first, groups[limited], 250000);
    CHECK(second.limit() == 2.5);
    CHECK(first.limit() == 2.5);
  }
}

TEST_CASE("a container sees its own group where the hierarchy is mounted") {
  // Docker without a name space for groups: the path is the host's, the mount shows the group itself.
  const Machine first;
  set_up_version1(first, "/docker/1f", "/docker/1f");
  limit_version1(first, "", 150000);
  CHECK(first.limit() == 1.5);
  const Machine second;
  set_up_version2(second, "/docker/1f/job", "/docker/1f");
  second.write(std::string(kUnified) + "/job/cpu.max", "400000 100000\n");
  CHECK(second.limit() == 4);
  // A path outside of what is mounted.
  const Machine outside;
  set_up_version2(outside, "/../../other");
  outside.write(std::string(kUnified) + "/cpu.max", "300000 100000\n");
  CHECK(outside.limit() == 3);
}

TEST_CASE("no limit where none is set, no groups are mounted, or the files make no sense") {
  const Machine bare;
  CHECK_FALSE(bare.limit());
  const Machine unlimited;
  set_up_version2(unlimited, "/a");
  unlimited.write(std::string(kUnified) + "/a/cpu.max", "max 100000\n");
  CHECK_FALSE(unlimited.limit());
  for (const std::string text : {"", "0 0", "-5 100000", "abc def", "100000"}) {
    unlimited.write(std::string(kUnified) + "/a/cpu.max", text);
    CHECK_FALSE(unlimited.limit());
  }
  const Machine first;
  set_up_version1(first, "/a");
  limit_version1(first, "/a", -1);
  CHECK_FALSE(first.limit());
}

TEST_CASE("never more threads than the affinity mask has processors") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
  CHECK(usable_processors() >= 1);
  CHECK(usable_processors() <= CPU_COUNT(&allowed));
}

TEST_CASE("work is done by fewer threads where the system starts no more") {
  const pid_t child = fork();
  if (child == 0) {
    // Root is not bound by the limit on processes.
    if (getuid() == 0 && setuid(65534) != 0) _exit(2);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_NPROC, &none);
    Run run;
    run.threads = 8;
    std::atomic<int> done{0};
    try {
      parallel_for(100, run, [&](int64_t) { ++done; });
    } catch (...) {
      _exit(3);
    }
    if (done != 100) _exit(4);
    // OpenMP would end the process here.
    _exit(startable_threads(8) == 1 ? 0 : 5);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a team of threads is as large as was wanted where the system starts them") {
  CHECK(startable_threads(3) == 3);
  CHECK(startable_threads(5) == 5);
  CHECK(startable_threads(2) == 2);
  CHECK(startable_threads(0) == 1);
}
