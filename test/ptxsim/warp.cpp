// Warp operations: lanes arrive one by one; when all that the mask names have arrived, the operation is carried out.
#include <string>

#include "arithmetic.h"
#include "block.h"
#include "violation.h"

namespace ptxsim {
namespace {

bool is_in(uint32_t mask, uint32_t lane) { return mask >> lane & 1; }

uint32_t mask_of(const Block& block, uint32_t thread, const Instruction& instruction) {
  return static_cast<uint32_t>(operand_value(block, thread, instruction.sources.back()));
}

void check_mask(const Block& block, uint32_t thread, uint32_t mask) {
  const uint32_t first = thread / kWarpSize * kWarpSize;
  if (!is_in(mask, thread % kWarpSize)) throw Violation(Fault::kWarpMask, "the lane is not in its own mask");
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    if (!is_in(mask, lane)) continue;
    const uint32_t other = first + lane;
    if (other >= block.threads.size() || block.threads[other].state == Thread::State::kDone) {
      throw Violation(Fault::kWarpMask,
                      "the mask names lane " + std::to_string(lane) + ", which has exited or does not exist");
    }
  }
}

// Where the lane reads (PTX ISA, shfl.sync): c holds the clamp value in bits 0-4 and the segment mask in bits 8-12.
struct ShuffleSource {
  uint32_t lane;
  bool in_range;
};

ShuffleSource shuffle_source(Mode mode, uint32_t lane, uint32_t b, uint32_t c) {
  const uint32_t segment = c >> 8 & 31;
  const uint32_t clamp = c & 31;
  const int from = static_cast<int>(lane);
  const int highest = static_cast<int>((lane & segment) | (clamp & ~segment));
  const int lowest = static_cast<int>(lane & segment);
  int source = from;
  bool in_range = false;
  switch (mode) {
    case Mode::kUp:
      source = from - static_cast<int>(b & 31);
      in_range = source >= highest;
      break;
    case Mode::kDown:
      source = from + static_cast<int>(b & 31);
      in_range = source <= highest;
      break;
    case Mode::kButterfly:
      source = from ^ static_cast<int>(b & 31);
      in_range = source <= highest;
      break;
    default:
      source = lowest | static_cast<int>(b & ~segment & 31);
      in_range = source <= highest;
  }
  return {static_cast<uint32_t>(in_range ? source : from), in_range};
}

void prepare_shuffle(Block& block, uint32_t thread, const Instruction& instruction, Warp& warp) {
  const uint32_t lane = thread % kWarpSize;
  const auto b = static_cast<uint32_t>(operand_value(block, thread, instruction.sources[1]));
  const auto c = static_cast<uint32_t>(operand_value(block, thread, instruction.sources[2]));
  const ShuffleSource source = shuffle_source(instruction.mode, lane, b, c);
  if (!is_in(warp.mask, source.lane)) {
    throw Violation(Fault::kWarpMask, "reads lane " + std::to_string(source.lane) + ", which is outside of the mask");
  }
  warp.source_lanes[lane] = source.lane;
  if (instruction.targets.size() > 1) {
    write_register(block.threads[thread], instruction.targets[1], kPredicate, source.in_range);
  }
}

uint64_t vote_result(const Warp& warp, Mode mode) {
  uint32_t ballot = 0;
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    if (is_in(warp.mask, lane) && warp.values[lane] & 1) ballot |= 1u << lane;
  }
  if (mode == Mode::kBallot) return ballot;
  return mode == Mode::kAny ? ballot != 0 : ballot == warp.mask;
}

uint64_t reduce_result(const Warp& warp, const Instruction& instruction) {
  uint64_t result = 0;
  bool is_first = true;
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    if (!is_in(warp.mask, lane)) continue;
    const uint64_t value = extended(warp.values[lane], instruction.type);
    result = is_first ? value : combine(instruction.mode, instruction.type, result, value);
    is_first = false;
  }
  return result;
}

void carry_out(Block& block, uint32_t first_thread, const Instruction& instruction, Warp& warp) {
  for (uint32_t lane = 0; lane < kWarpSize; ++lane) {
    if (!is_in(warp.mask, lane)) continue;
    Thread& thread = block.threads[first_thread + lane];
    if (instruction.opcode == Opcode::kShuffle) {
      write_register(thread, instruction.targets[0], instruction.type, warp.values[warp.source_lanes[lane]]);
    } else if (instruction.opcode == Opcode::kVote) {
      write_register(thread, instruction.targets[0], instruction.type, vote_result(warp, instruction.mode));
    } else if (instruction.opcode == Opcode::kReduce) {
      write_register(thread, instruction.targets[0], instruction.type, reduce_result(warp, instruction));
    } else {
      ++thread.warp_phase;
    }
    thread.state = Thread::State::kReady;
    ++thread.pc;
  }
  warp.arrived = 0;
}

}  // namespace

bool arrive_at_warp_operation(Block& block, uint32_t index, const Instruction& instruction) {
  Thread& thread = block.threads[index];
  Warp& warp = block.warps[index / kWarpSize];
  const uint32_t lane = index % kWarpSize;
  const uint32_t mask = mask_of(block, index, instruction);
  check_mask(block, index, mask);
  if (warp.arrived != 0 && (warp.pc != thread.pc || warp.mask != mask)) {
    throw Violation(Fault::kWarpDeadlock, "lanes of one warp wait at different warp operations");
  }
  warp.pc = thread.pc;
  warp.mask = mask;
  warp.arrived |= 1u << lane;
  warp.values[lane] = operand_value(block, index, instruction.sources[0]);
  thread.state = Thread::State::kAtWarpOperation;
  if (instruction.opcode == Opcode::kShuffle) prepare_shuffle(block, index, instruction, warp);
  if (warp.arrived != mask) return false;
  carry_out(block, index - lane, instruction, warp);
  return true;
}

}  // namespace ptxsim
