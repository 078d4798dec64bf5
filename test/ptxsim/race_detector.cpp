#include "race_detector.h"

#include <string>

#include "violation.h"

namespace ptxsim {
namespace {

constexpr uint32_t kWarpSize = 32;

bool is_concurrent(const Moment& former, const Moment& now) {
  if (former.block != now.block) return true;
  if (former.thread == now.thread || former.phase != now.phase) return false;
  const bool same_warp = former.thread / kWarpSize == now.thread / kWarpSize;
  return !(same_warp && former.warp_phase != now.warp_phase);
}

[[noreturn]] void report(const char* access, const char* former_access, const Moment& former) {
  throw Violation(Fault::kDataRace, std::string("data race: ") + access + " after " + former_access + " by block " +
                                        std::to_string(former.block) + ", thread " + std::to_string(former.thread) +
                                        ", with nothing to order them");
}

void note_read(ByteShadow& shadow, const Moment& now) {
  const Moment& former = shadow.last_read;
  if (shadow.is_read && former.block != now.block) shadow.read_by_other_blocks = true;
  const bool same_phase = shadow.is_read && former.block == now.block && former.phase == now.phase;
  shadow.read_by_other_threads = same_phase && (shadow.read_by_other_threads || former.thread != now.thread);
  shadow.last_read = now;
  shadow.is_read = true;
}

}  // namespace

void check_race(ByteShadow& shadow, const Moment& now, Access access) {
  if (shadow.launch != now.launch) {
    shadow = {};
    shadow.launch = now.launch;
  }
  constexpr const char* kNames[] = {"read", "write", "atomic operation"};
  const char* const name = kNames[static_cast<int>(access)];
  const bool both_atomic = access == Access::kAtomic && shadow.written_by_atomic;
  if (shadow.is_written && !both_atomic && is_concurrent(shadow.last_write, now)) {
    report(name, shadow.written_by_atomic ? "an atomic operation" : "a write", shadow.last_write);
  }
  if (access == Access::kRead) return note_read(shadow, now);

  const bool others_read =
      shadow.read_by_other_threads && shadow.last_read.block == now.block && shadow.last_read.phase == now.phase;
  if (shadow.is_read && (is_concurrent(shadow.last_read, now) || others_read || shadow.read_by_other_blocks)) {
    report(name, "a read", shadow.last_read);
  }
  shadow.last_write = now;
  shadow.is_written = true;
  shadow.written_by_atomic = access == Access::kAtomic;
}

}  // namespace ptxsim
