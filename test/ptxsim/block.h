// The state of one block while it runs: threads, warps, shared memory.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "memory.h"
#include "program.h"

namespace ptxsim {

inline constexpr uint32_t kWarpSize = 32;

struct Dimensions {
  uint32_t x = 1;
  uint32_t y = 1;
  uint32_t z = 1;

  uint64_t count() const { return uint64_t{x} * y * z; }
};

// How the threads of a block are interleaved, and the blocks of a launch ordered.
struct Schedule {
  enum class Order { kForward, kReverse, kRandom };
  Order order = Order::kForward;
  uint32_t seed = 1;
  uint32_t preempt_permille = 0;  // how often another thread goes on after a memory instruction
  bool checks = true;             // initialization and races
};

struct Launch {
  const Kernel& kernel;
  Dimensions grid;
  Dimensions block;
  std::vector<uint8_t> parameters;
  size_t dynamic_shared_bytes = 0;
  uint32_t number = 1;  // of the launch; never 0
  Schedule schedule;
};

struct Thread {
  enum class State : uint8_t { kReady, kAtBarrier, kAtWarpOperation, kDone };
  std::vector<uint64_t> registers;
  size_t pc = 0;
  State state = State::kReady;
  uint32_t warp_phase = 0;  // __syncwarp passed so far
};

// Lanes that wait at one warp operation.
struct Warp {
  uint32_t arrived = 0;
  uint32_t mask = 0;
  size_t pc = 0;
  std::array<uint64_t, kWarpSize> values = {};
  std::array<uint32_t, kWarpSize> source_lanes = {};
};

struct Block {
  Block(const Launch& of_launch, GlobalMemory& device_memory, Dimensions block_index, uint32_t block_number,
        std::mt19937& generator);

  const Launch& launch;
  GlobalMemory& memory;
  Dimensions index;
  uint32_t number;
  uint32_t phase = 0;  // barriers passed so far
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  SharedMemory shared;
  std::mt19937& random;
};

// An operand of a thread, uncut.
uint64_t operand_value(const Block& block, uint32_t thread, const Operand& operand);
void write_register(Thread& thread, const Operand& target, Type type, uint64_t value);

// Runs one instruction of a ready thread; false where it cannot or shall not go on at once. Violations name the thread,
// the instruction and the source line.
bool step(Block& block, uint32_t thread);

// The thread reaches a warp operation (shfl, vote, redux, __syncwarp); the last lane of the mask carries it out for
// all. True where this thread can go on.
bool arrive_at_warp_operation(Block& block, uint32_t thread, const Instruction& instruction);

// Runs the block to its end. Throws kDivergentBarrier, kWarpDeadlock, and what step throws.
void run_block(Block& block);

// Adds to the message where it happened.
[[noreturn]] void rethrow_located(const class Violation& violation, const Block& block, uint32_t thread,
                                  const Instruction& instruction);

}  // namespace ptxsim
