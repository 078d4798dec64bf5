// A parsed PTX module: kernels as lists of decoded instructions (PTX ISA, "Instruction Set").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ptxsim {

enum class TypeKind : uint8_t { kBits, kUnsigned, kSigned, kFloat, kPredicate };

struct Type {
  TypeKind kind = TypeKind::kBits;
  int bits = 32;

  int bytes() const { return bits / 8; }
  bool is_float() const { return kind == TypeKind::kFloat; }
  bool is_signed() const { return kind == TypeKind::kSigned; }
};

inline constexpr Type kU32 = {TypeKind::kUnsigned, 32};
inline constexpr Type kU64 = {TypeKind::kUnsigned, 64};
inline constexpr Type kPredicate = {TypeKind::kPredicate, 1};

enum class Opcode : uint8_t {
  // What only reads and writes registers.
  kMove,
  kAdd,
  kSubtract,
  kMultiplyLow,
  kMultiplyHigh,
  kMultiplyWide,
  kMultiplyAddLow,
  kMultiplyAddWide,
  kFusedMultiplyAdd,
  kDivide,
  kRemainder,
  kMinimum,
  kMaximum,
  kAnd,
  kOr,
  kXor,
  kNot,
  kNegate,
  kAbsolute,
  kShiftLeft,
  kShiftRight,
  kSelect,
  kCompare,
  kConvert,
  kPopulationCount,
  kLeadingZeros,
  kReverseBits,
  kFindBit,
  kFindBitShift,
  kPermuteBytes,
  kPack,    // mov.b32 r, {a, b}
  kUnpack,  // mov.b32 {a, b}, r
  // Memory.
  kLoad,
  kStore,
  kAtomic,
  // What waits for other threads.
  kBarrier,
  kWarpBarrier,
  kShuffle,
  kVote,
  kReduce,
  // Control flow.
  kBranch,
  kReturn,
  kFence,
};

enum class Space : uint8_t { kGlobal, kShared, kParameter };

enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kOrdered, kUnordered };

// The rounding of a conversion: to nearest even in the target type, or to an integer by rni, rzi, rmi, rpi.
enum class Rounding : uint8_t { kNone, kNearest, kNearestInteger, kTruncate, kFloor, kCeiling };

// The operation of atom, red, redux; the mode of shfl and vote.
enum class Mode : uint8_t {
  kNone,
  kAdd,
  kMinimum,
  kMaximum,
  kExchange,
  kCompareAndSwap,
  kAnd,
  kOr,
  kXor,
  kUp,
  kDown,
  kButterfly,
  kIndex,
  kBallot,
  kAny,
  kAll,
};

enum class SpecialRegister : uint8_t {
  kThreadX,
  kThreadY,
  kThreadZ,
  kBlockSizeX,
  kBlockSizeY,
  kBlockSizeZ,
  kBlockX,
  kBlockY,
  kBlockZ,
  kGridSizeX,
  kGridSizeY,
  kGridSizeZ,
  kLane,
};

struct Operand {
  enum class Kind : uint8_t { kImmediate, kRegister, kSpecial };
  Kind kind = Kind::kImmediate;
  int index = 0;       // of the register, or a SpecialRegister
  uint64_t value = 0;  // of the immediate
};

struct Address {
  Operand base;
  int64_t offset = 0;
};

struct Instruction {
  Opcode opcode = Opcode::kFence;
  Type type;
  Type source_type;  // of a conversion
  Space space = Space::kGlobal;
  Comparison comparison = Comparison::kEqual;
  bool unordered = false;  // a float comparison that NaN makes true
  Rounding rounding = Rounding::kNone;
  Mode mode = Mode::kNone;
  bool read_only = false;  // ld.global.nc
  int predicate = -1;      // register of the guard @%p
  bool predicate_negated = false;
  int branch_target = 0;
  Address address;
  std::vector<Operand> targets;
  std::vector<Operand> sources;
  // For messages.
  std::string text;
  int ptx_line = 0;
  int source_line = 0;
};

struct Parameter {
  uint32_t offset;
  uint32_t bytes;
};

struct SharedVariable {
  uint64_t begin;
  uint64_t end;
};

// Dynamic shared memory has a window of its own, so that no index reaches it from a static array.
inline constexpr uint64_t kDynamicSharedBase = 0x40000000;

struct Kernel {
  std::string name;
  std::vector<Instruction> code;
  std::vector<Parameter> parameters;
  std::vector<SharedVariable> shared_variables;
  uint32_t register_count = 1;  // register 0 takes what is written to "_"
  uint32_t static_shared_bytes = 0;
  uint32_t max_threads = 1024;  // .maxntid
};

using Module = std::map<std::string, Kernel>;

}  // namespace ptxsim
