#include "launch.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>

#include "violation.h"

namespace ptxsim {
namespace {

constexpr uint64_t kMaxThreads = 1024;
constexpr uint32_t kMaxBlockDepth = 64;
constexpr uint64_t kMaxSharedBytes = 48 << 10;
constexpr uint32_t kMaxGridX = 2147483647;
constexpr uint32_t kMaxGridYZ = 65535;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

uint32_t number_in(const std::string& name, const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw Violation(Fault::kUnsupported, name + " must hold a number, not '" + text + "'");
  }
  return static_cast<uint32_t>(std::stoul(text));
}

}  // namespace

Schedule schedule_from_environment() {
  Schedule schedule;
  const std::string order = environment("PTXSIM_ORDER");
  if (order == "rev") {
    schedule.order = Schedule::Order::kReverse;
  } else if (order.starts_with("rand:")) {
    schedule.order = Schedule::Order::kRandom;
    schedule.seed = number_in("PTXSIM_ORDER", order.substr(5));
  } else if (!order.empty() && order != "fwd") {
    throw Violation(Fault::kUnsupported, "PTXSIM_ORDER must be fwd, rev or rand:SEED, not '" + order + "'");
  }
  const std::string preempt = environment("PTXSIM_PREEMPT");
  if (!preempt.empty()) schedule.preempt_permille = number_in("PTXSIM_PREEMPT", preempt);
  const std::string checks = environment("PTXSIM_CHECK");
  if (!checks.empty()) schedule.checks = number_in("PTXSIM_CHECK", checks) != 0;
  return schedule;
}

bool is_valid_configuration(const Launch& launch) {
  const Dimensions& grid = launch.grid;
  const Dimensions& block = launch.block;
  return grid.count() > 0 && grid.x <= kMaxGridX && grid.y <= kMaxGridYZ && grid.z <= kMaxGridYZ && block.count() > 0 &&
         block.count() <= std::min<uint64_t>(kMaxThreads, launch.kernel.max_threads) && block.z <= kMaxBlockDepth &&
         launch.kernel.static_shared_bytes + launch.dynamic_shared_bytes <= kMaxSharedBytes;
}

void run_launch(const Launch& launch, GlobalMemory& memory) {
  std::mt19937 random(launch.schedule.seed);
  std::vector<uint32_t> order(launch.grid.count());
  std::iota(order.begin(), order.end(), 0u);
  if (launch.schedule.order == Schedule::Order::kReverse) std::reverse(order.begin(), order.end());
  if (launch.schedule.order == Schedule::Order::kRandom) std::shuffle(order.begin(), order.end(), random);
  for (const uint32_t number : order) {
    const Dimensions index = {number % launch.grid.x, number / launch.grid.x % launch.grid.y,
                              number / launch.grid.x / launch.grid.y};
    Block block(launch, memory, index, number, random);
    run_block(block);
  }
}

}  // namespace ptxsim
