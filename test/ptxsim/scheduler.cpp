// Which thread of a block goes on, and what happens when all that are left wait.
#include <algorithm>
#include <numeric>
#include <string>

#include "block.h"
#include "violation.h"

namespace ptxsim {
namespace {

uint64_t count_in(const Block& block, Thread::State state) {
  return static_cast<uint64_t>(std::count_if(block.threads.begin(), block.threads.end(),
                                             [&](const Thread& thread) { return thread.state == state; }));
}

uint32_t first_in(const Block& block, Thread::State state) {
  const auto found = std::find_if(block.threads.begin(), block.threads.end(),
                                  [&](const Thread& thread) { return thread.state == state; });
  return static_cast<uint32_t>(found - block.threads.begin());
}

[[noreturn]] void report(const Block& block, Fault fault, const std::string& message, uint32_t thread) {
  const Instruction& instruction = block.launch.kernel.code[block.threads[thread].pc];
  rethrow_located(Violation(fault, message), block, thread, instruction);
}

// Every thread of the block must have come to the same barrier.
void pass_barrier(Block& block) {
  const uint64_t waiting = count_in(block, Thread::State::kAtBarrier);
  const uint32_t first = first_in(block, Thread::State::kAtBarrier);
  if (waiting != block.threads.size()) {
    report(block, Fault::kDivergentBarrier,
           "divergent barrier: " + std::to_string(waiting) + " of " + std::to_string(block.threads.size()) +
               " threads wait, the others have exited",
           first);
  }
  for (const Thread& thread : block.threads) {
    if (thread.pc != block.threads[first].pc) {
      report(block, Fault::kDivergentBarrier, "threads of the block wait at different barriers", first);
    }
  }
  ++block.phase;
  for (Thread& thread : block.threads) {
    thread.state = Thread::State::kReady;
    ++thread.pc;
  }
}

}  // namespace

Block::Block(const Launch& of_launch, GlobalMemory& device_memory, Dimensions block_index, uint32_t block_number,
             std::mt19937& generator)
    : launch(of_launch),
      memory(device_memory),
      index(block_index),
      number(block_number),
      threads(of_launch.block.count()),
      warps((of_launch.block.count() + kWarpSize - 1) / kWarpSize),
      shared(of_launch.kernel, of_launch.dynamic_shared_bytes),
      random(generator) {
  for (Thread& thread : threads) thread.registers.resize(of_launch.kernel.register_count);
}

void run_block(Block& block) {
  std::vector<uint32_t> turn(block.threads.size());
  std::iota(turn.begin(), turn.end(), 0u);
  if (block.launch.schedule.order == Schedule::Order::kReverse) std::reverse(turn.begin(), turn.end());
  for (;;) {
    if (block.launch.schedule.order == Schedule::Order::kRandom) std::shuffle(turn.begin(), turn.end(), block.random);
    bool has_moved = false;
    for (const uint32_t thread : turn) {
      if (block.threads[thread].state != Thread::State::kReady) continue;
      has_moved = true;
      while (step(block, thread)) {
      }
    }
    if (has_moved) continue;
    if (count_in(block, Thread::State::kDone) == block.threads.size()) return;
    if (count_in(block, Thread::State::kAtWarpOperation) > 0) {
      report(block, Fault::kWarpDeadlock, "deadlock: lanes that the mask names never come",
             first_in(block, Thread::State::kAtWarpOperation));
    }
    pass_barrier(block);
  }
}

}  // namespace ptxsim
