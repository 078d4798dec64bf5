// A shadow for each byte of memory: who wrote and who read it last, and whether anything orders the next access.
#pragma once

#include <cstdint>

namespace ptxsim {

enum class Access : uint8_t { kRead, kWrite, kAtomic };

// When and by whom: two accesses of one block are ordered by a barrier between them (`phase` counts them), two of one
// warp by __syncwarp too (`warp_phase`). Nothing orders the blocks of a launch; launches are ordered.
struct Moment {
  uint32_t launch = 0;
  uint32_t block = 0;
  uint32_t thread = 0;
  uint32_t phase = 0;
  uint32_t warp_phase = 0;
};

struct ByteShadow {
  Moment last_write;
  Moment last_read;
  bool is_written = false;
  bool written_by_atomic = false;
  bool is_read = false;
  bool read_by_other_threads = false;  // of the last reader's block, in the same phase
  bool read_by_other_blocks = false;
  uint32_t launch = 0;  // older marks don't count
};

// Throws kDataRace where nothing orders the access after a former one; else notes it.
void check_race(ByteShadow& shadow, const Moment& now, Access access);

}  // namespace ptxsim
