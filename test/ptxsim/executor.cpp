// One thread's next instruction: registers, memory, branches.
#include <algorithm>
#include <cstring>
#include <sstream>

#include "arithmetic.h"
#include "block.h"
#include "violation.h"

namespace ptxsim {
namespace {

Moment moment_of(const Block& block, uint32_t thread) {
  return {block.launch.number, block.number, thread, block.phase, block.threads[thread].warp_phase};
}

uint64_t address_of(const Block& block, uint32_t thread, const Instruction& instruction) {
  const uint64_t base = operand_value(block, thread, instruction.address.base);
  const uint64_t address = base + static_cast<uint64_t>(instruction.address.offset);
  return instruction.space == Space::kGlobal ? address : static_cast<uint32_t>(address);
}

void check_alignment(uint64_t address, size_t bytes) {
  if (address % bytes == 0) return;
  std::ostringstream message;
  message << "misaligned access of " << bytes << " bytes at 0x" << std::hex << address;
  throw Violation(Fault::kMisaligned, message.str());
}

uint8_t* memory_at(Block& block, uint32_t thread, const Instruction& instruction, uint64_t address, Access access) {
  const size_t bytes = static_cast<size_t>(instruction.type.bytes());
  const AccessContext context = {moment_of(block, thread), access, instruction.read_only, block.launch.schedule.checks};
  switch (instruction.space) {
    case Space::kShared:
      return block.shared.access(address, bytes, context);
    case Space::kGlobal:
      return block.memory.access(address, bytes, context);
    case Space::kParameter:
      break;
  }
  if (access != Access::kRead || address + bytes > block.launch.parameters.size()) {
    throw Violation(Fault::kOutOfBounds, "access outside of the kernel's parameters");
  }
  return const_cast<uint8_t*>(block.launch.parameters.data()) + address;
}

void load_or_store(Block& block, uint32_t thread, const Instruction& instruction) {
  const bool is_load = instruction.opcode == Opcode::kLoad;
  const std::vector<Operand>& elements = is_load ? instruction.targets : instruction.sources;
  const size_t bytes = static_cast<size_t>(instruction.type.bytes());
  const uint64_t address = address_of(block, thread, instruction);
  check_alignment(address, bytes * elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    uint8_t* const memory =
        memory_at(block, thread, instruction, address + i * bytes, is_load ? Access::kRead : Access::kWrite);
    uint64_t value = is_load ? 0 : operand_value(block, thread, elements[i]);
    if (is_load) {
      std::memcpy(&value, memory, bytes);
      // A register wider than the access is filled by the type's sign (PTX ISA, "Operand Size Exceeding").
      write_register(block.threads[thread], elements[i], kU64, extended(value, instruction.type));
    } else {
      std::memcpy(memory, &value, bytes);
    }
  }
}

void atomic(Block& block, uint32_t thread, const Instruction& instruction) {
  const size_t bytes = static_cast<size_t>(instruction.type.bytes());
  const uint64_t address = address_of(block, thread, instruction);
  check_alignment(address, bytes);
  uint8_t* const memory = memory_at(block, thread, instruction, address, Access::kAtomic);
  uint64_t former = 0;
  std::memcpy(&former, memory, bytes);
  former = extended(former, instruction.type);
  const uint64_t operand = extended(operand_value(block, thread, instruction.sources.at(0)), instruction.type);
  uint64_t value = operand;
  if (instruction.mode == Mode::kCompareAndSwap) {
    value = former == operand ? operand_value(block, thread, instruction.sources.at(1)) : former;
  } else if (instruction.mode != Mode::kExchange) {
    value = combine(instruction.mode, instruction.type, former, operand);
  }
  std::memcpy(memory, &value, bytes);
  if (!instruction.targets.empty()) {
    write_register(block.threads[thread], instruction.targets[0], instruction.type, former);
  }
}

bool is_preempted(Block& block, const Instruction& instruction) {
  const uint32_t permille = block.launch.schedule.preempt_permille;
  return permille > 0 && instruction.space != Space::kParameter && block.random() % 1000 < permille;
}

void pack_or_unpack(Block& block, uint32_t thread, const Instruction& instruction) {
  const bool packs = instruction.opcode == Opcode::kPack;
  const std::vector<Operand>& parts = packs ? instruction.sources : instruction.targets;
  const Type part = {TypeKind::kBits, instruction.type.bits / static_cast<int>(parts.size())};
  uint64_t whole = packs ? 0 : operand_value(block, thread, instruction.sources[0]);
  for (size_t i = 0; i < parts.size(); ++i) {
    const int shift = static_cast<int>(i) * part.bits;
    if (packs) {
      whole |= extended(operand_value(block, thread, parts[i]), part) << shift;
    } else {
      write_register(block.threads[thread], parts[i], part, whole >> shift);
    }
  }
  if (packs) write_register(block.threads[thread], instruction.targets[0], instruction.type, whole);
}

void compute_register(Block& block, uint32_t thread, const Instruction& instruction) {
  std::array<uint64_t, 3> operands = {};
  for (size_t i = 0; i < std::min(operands.size(), instruction.sources.size()); ++i) {
    operands[i] = operand_value(block, thread, instruction.sources[i]);
  }
  write_register(block.threads[thread], instruction.targets[0], target_type(instruction),
                 compute(instruction, operands));
}

bool execute(Block& block, uint32_t index, const Instruction& instruction) {
  Thread& thread = block.threads[index];
  switch (instruction.opcode) {
    case Opcode::kLoad:
    case Opcode::kStore:
      load_or_store(block, index, instruction);
      ++thread.pc;
      return !is_preempted(block, instruction);
    case Opcode::kAtomic:
      atomic(block, index, instruction);
      ++thread.pc;
      return !is_preempted(block, instruction);
    case Opcode::kBarrier:
      thread.state = Thread::State::kAtBarrier;
      return false;
    case Opcode::kWarpBarrier:
    case Opcode::kShuffle:
    case Opcode::kVote:
    case Opcode::kReduce:
      return arrive_at_warp_operation(block, index, instruction);
    case Opcode::kBranch:
      thread.pc = static_cast<size_t>(instruction.branch_target);
      return true;
    case Opcode::kReturn:
      thread.state = Thread::State::kDone;
      return false;
    case Opcode::kFence:
      break;
    case Opcode::kPack:
    case Opcode::kUnpack:
      pack_or_unpack(block, index, instruction);
      break;
    default:
      compute_register(block, index, instruction);
  }
  ++thread.pc;
  return true;
}

}  // namespace

uint64_t operand_value(const Block& block, uint32_t thread, const Operand& operand) {
  if (operand.kind == Operand::Kind::kRegister) return block.threads[thread].registers[operand.index];
  if (operand.kind == Operand::Kind::kImmediate) return operand.value;
  const Dimensions& size = block.launch.block;
  const Dimensions& grid = block.launch.grid;
  const uint32_t specials[] = {thread % size.x,
                               thread / size.x % size.y,
                               thread / size.x / size.y,
                               size.x,
                               size.y,
                               size.z,
                               block.index.x,
                               block.index.y,
                               block.index.z,
                               grid.x,
                               grid.y,
                               grid.z,
                               thread % kWarpSize};
  return specials[operand.index];
}

void write_register(Thread& thread, const Operand& target, Type type, uint64_t value) {
  const uint64_t mask = type.bits == 64 ? ~uint64_t{0} : (uint64_t{1} << type.bits) - 1;
  thread.registers[target.index] = value & mask;
}

void rethrow_located(const Violation& violation, const Block& block, uint32_t thread, const Instruction& instruction) {
  std::ostringstream message;
  message << violation.what() << "\n  in " << block.launch.kernel.name << "\n  block (" << block.index.x << ", "
          << block.index.y << ", " << block.index.z << "), thread " << thread << ", source line "
          << instruction.source_line << ", PTX line " << instruction.ptx_line << ": " << instruction.text;
  throw Violation(violation.fault, message.str());
}

bool step(Block& block, uint32_t index) {
  Thread& thread = block.threads[index];
  const Instruction& instruction = block.launch.kernel.code[thread.pc];
  if (instruction.predicate >= 0) {
    const bool is_true = thread.registers[instruction.predicate] & 1;
    if (is_true == instruction.predicate_negated) {
      ++thread.pc;
      return true;
    }
  }
  try {
    return execute(block, index, instruction);
  } catch (const Violation& violation) {
    rethrow_located(violation, block, index, instruction);
  }
}

}  // namespace ptxsim
