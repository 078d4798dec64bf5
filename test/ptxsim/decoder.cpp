#include "decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "violation.h"

namespace ptxsim {
namespace {

// A register-only instruction: its name, and the word that tells its forms apart (".lo"), if any.
struct Form {
  const char* name;
  const char* word;
  Opcode opcode;
};

constexpr Form kRegisterForms[] = {
    {"mov", "", Opcode::kMove},
    {"cvta", "", Opcode::kMove},
    {"add", "", Opcode::kAdd},
    {"sub", "", Opcode::kSubtract},
    {"mul", "hi", Opcode::kMultiplyHigh},
    {"mul", "wide", Opcode::kMultiplyWide},
    {"mul", "", Opcode::kMultiplyLow},
    {"mad", "wide", Opcode::kMultiplyAddWide},
    {"mad", "lo", Opcode::kMultiplyAddLow},
    {"fma", "", Opcode::kFusedMultiplyAdd},
    {"div", "", Opcode::kDivide},
    {"rem", "", Opcode::kRemainder},
    {"min", "", Opcode::kMinimum},
    {"max", "", Opcode::kMaximum},
    {"and", "", Opcode::kAnd},
    {"or", "", Opcode::kOr},
    {"xor", "", Opcode::kXor},
    {"not", "", Opcode::kNot},
    {"neg", "", Opcode::kNegate},
    {"abs", "", Opcode::kAbsolute},
    {"shl", "", Opcode::kShiftLeft},
    {"shr", "", Opcode::kShiftRight},
    {"selp", "", Opcode::kSelect},
    {"setp", "", Opcode::kCompare},
    {"cvt", "", Opcode::kConvert},
    {"popc", "", Opcode::kPopulationCount},
    {"clz", "", Opcode::kLeadingZeros},
    {"brev", "", Opcode::kReverseBits},
    {"bfind", "shiftamt", Opcode::kFindBitShift},
    {"bfind", "", Opcode::kFindBit},
    {"prmt", "", Opcode::kPermuteBytes},
};

constexpr std::array<const char*, 13> kSpecialRegisters = {
    "%tid.x",   "%tid.y",   "%tid.z",    "%ntid.x",   "%ntid.y",   "%ntid.z", "%ctaid.x",
    "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z", "%laneid"};

std::optional<Type> type_of(const std::string& word) {
  if (word == "pred") return kPredicate;
  static const std::map<char, TypeKind> kinds = {
      {'b', TypeKind::kBits}, {'u', TypeKind::kUnsigned}, {'s', TypeKind::kSigned}, {'f', TypeKind::kFloat}};
  if (word.size() < 2 || !kinds.contains(word[0])) return {};
  const std::string digits = word.substr(1);
  if (digits != "8" && digits != "16" && digits != "32" && digits != "64") return {};
  return Type{kinds.at(word[0]), std::stoi(digits)};
}

Mode mode_of(const std::string& word) {
  static const std::map<std::string, Mode> modes = {{"add", Mode::kAdd},
                                                    {"min", Mode::kMinimum},
                                                    {"max", Mode::kMaximum},
                                                    {"exch", Mode::kExchange},
                                                    {"cas", Mode::kCompareAndSwap},
                                                    {"and", Mode::kAnd},
                                                    {"or", Mode::kOr},
                                                    {"xor", Mode::kXor},
                                                    {"up", Mode::kUp},
                                                    {"down", Mode::kDown},
                                                    {"bfly", Mode::kButterfly},
                                                    {"idx", Mode::kIndex},
                                                    {"ballot", Mode::kBallot},
                                                    {"any", Mode::kAny},
                                                    {"all", Mode::kAll}};
  const auto found = modes.find(word);
  return found == modes.end() ? Mode::kNone : found->second;
}

class Decoder {
 public:
  Decoder(const Statement& statement, const Symbols& symbols) : symbols_(symbols) {
    instruction_.text = statement.text;
    instruction_.ptx_line = statement.ptx_line;
    instruction_.source_line = statement.source_line;
  }

  Instruction run() {
    split();
    refuse_unmodelled();
    if (name_ == "ld" || name_ == "st") {
      decode_load_or_store();
    } else if (name_ == "atom" || name_ == "red") {
      decode_atomic();
    } else if (!decode_control_flow() && !decode_cooperation() && !decode_register_form()) {
      unsupported("instruction");
    }
    return std::move(instruction_);
  }

 private:
  [[noreturn]] void unsupported(const std::string& what) const {
    throw Violation(Fault::kUnsupported, what + " is not supported: " + instruction_.text);
  }

  bool has(const std::string& word) const { return std::find(words_.begin(), words_.end(), word) != words_.end(); }

  void split() {
    std::string text = instruction_.text;
    if (text.starts_with('@')) {
      const size_t end = text.find_first_of(" \t");
      std::string guard = text.substr(1, end - 1);
      instruction_.predicate_negated = guard.starts_with('!');
      if (instruction_.predicate_negated) guard.erase(0, 1);
      instruction_.predicate = operand(guard).index;
      text = trimmed(text.substr(end));
    }
    const size_t end = text.find_first_of(" \t");
    words_ = split_list(text.substr(0, end), '.');
    name_ = words_.front();
    words_.erase(words_.begin());
    if (end != std::string::npos) arguments_ = split_list(text.substr(end), ',');
    bool is_first = true;
    for (const std::string& word : words_) {
      const auto type = type_of(word);
      if (!type) continue;
      (is_first ? instruction_.type : instruction_.source_type) = *type;
      is_first = false;
    }
  }

  void refuse_unmodelled() const {
    for (const char* word : {"ftz", "approx", "sat", "volatile", "f64", "f16", "cc"}) {
      if (has(word)) unsupported("the form ." + std::string(word));
    }
  }

  const std::string& argument(size_t index) const {
    if (index >= arguments_.size()) throw Violation(Fault::kMalformedPtx, "operand missing: " + instruction_.text);
    return arguments_[index];
  }

  Operand operand(const std::string& text) const {
    if (text == "_") return {Operand::Kind::kRegister, 0, 0};
    const auto special = std::find(kSpecialRegisters.begin(), kSpecialRegisters.end(), text);
    if (special != kSpecialRegisters.end()) {
      return {Operand::Kind::kSpecial, static_cast<int>(special - kSpecialRegisters.begin()), 0};
    }
    const auto found = symbols_.registers.find(text);
    if (found != symbols_.registers.end()) return {Operand::Kind::kRegister, found->second, 0};
    const auto shared = symbols_.shared.find(text);
    if (shared != symbols_.shared.end()) return {Operand::Kind::kImmediate, 0, shared->second};
    return {Operand::Kind::kImmediate, 0, immediate(text)};
  }

  // 12, -3, 0x1F, 0U; floats are hexadecimal: 0f3F800000.
  uint64_t immediate(const std::string& text) const {
    const bool is_float = text.starts_with("0f") || text.starts_with("0F");
    const bool is_negative = text.starts_with('-');
    const bool is_hexadecimal = is_float || text.starts_with("0x");
    const char* const begin = text.data() + (is_hexadecimal ? 2 : is_negative ? 1 : 0);
    const char* const end = text.data() + text.size() - (text.ends_with('U') ? 1 : 0);
    uint64_t value = 0;
    const auto [stop, error] = std::from_chars(begin, end, value, is_hexadecimal ? 16 : 10);
    if (error != std::errc() || stop != end) unsupported("the operand " + text);
    return is_negative ? 0 - value : value;
  }

  std::vector<Operand> operand_list(const std::string& text) const {
    if (!text.starts_with('{')) return {operand(text)};
    std::vector<Operand> list;
    for (const std::string& item : split_list(text.substr(1, text.size() - 2), ',')) list.push_back(operand(item));
    return list;
  }

  // [register+8], [symbol+8], [symbol]
  void decode_address(const std::string& text) {
    const std::string inner = trimmed(text.substr(1, text.size() - 2));
    const size_t plus = inner.find('+');
    const std::string base = trimmed(inner.substr(0, plus));
    if (plus != std::string::npos) {
      instruction_.address.offset = static_cast<int64_t>(immediate(trimmed(inner.substr(plus + 1))));
    }
    const auto parameter = symbols_.parameters.find(base);
    const bool is_parameter = instruction_.space == Space::kParameter && parameter != symbols_.parameters.end();
    instruction_.address.base = is_parameter ? Operand{Operand::Kind::kImmediate, 0, parameter->second} : operand(base);
  }

  void decode_space() {
    if (has("global")) {
      instruction_.space = Space::kGlobal;
    } else if (has("shared")) {
      instruction_.space = Space::kShared;
    } else if (has("param")) {
      instruction_.space = Space::kParameter;
    } else {
      unsupported("a local, constant or generic address");
    }
  }

  void decode_load_or_store() {
    const bool is_load = name_ == "ld";
    instruction_.opcode = is_load ? Opcode::kLoad : Opcode::kStore;
    instruction_.read_only = has("nc");
    decode_space();
    decode_address(argument(is_load ? 1 : 0));
    (is_load ? instruction_.targets : instruction_.sources) = operand_list(argument(is_load ? 0 : 1));
  }

  void decode_atomic() {
    instruction_.opcode = Opcode::kAtomic;
    decode_space();
    size_t next = 0;
    if (name_ == "atom") instruction_.targets = operand_list(argument(next++));
    decode_address(argument(next++));
    for (; next < arguments_.size(); ++next) instruction_.sources.push_back(operand(arguments_[next]));
    for (const std::string& word : words_) {
      if (mode_of(word) != Mode::kNone) instruction_.mode = mode_of(word);
    }
    if (instruction_.mode == Mode::kNone || (instruction_.type.is_float() && instruction_.mode != Mode::kAdd)) {
      unsupported("this atomic operation");
    }
  }

  bool decode_control_flow() {
    if (name_ == "bra") {
      instruction_.opcode = Opcode::kBranch;
    } else if (name_ == "ret" || name_ == "exit") {
      instruction_.opcode = Opcode::kReturn;
    } else if (name_ == "membar" || name_ == "fence") {
      instruction_.opcode = Opcode::kFence;
    } else {
      return false;
    }
    return true;
  }

  // What waits for other threads. The last operand of each warp operation is its mask of lanes.
  bool decode_cooperation() {
    if (name_ == "bar" || name_ == "barrier") {
      instruction_.opcode = has("warp") ? Opcode::kWarpBarrier : Opcode::kBarrier;
      if (!has("sync") || (!has("warp") && (arguments_.size() != 1 || arguments_[0] != "0"))) {
        unsupported("a barrier other than number 0 for the whole block");
      }
      if (has("warp")) instruction_.sources = {operand(argument(0))};
      return true;
    }
    static const std::map<std::string, Opcode> opcodes = {
        {"shfl", Opcode::kShuffle}, {"vote", Opcode::kVote}, {"redux", Opcode::kReduce}};
    const auto found = opcodes.find(name_);
    if (found == opcodes.end()) return false;
    instruction_.opcode = found->second;
    instruction_.mode = words_.size() > 1 ? mode_of(words_[1]) : Mode::kNone;
    if (!has("sync") || instruction_.mode == Mode::kNone) unsupported("this warp operation");
    for (const std::string& target : split_list(argument(0), '|')) instruction_.targets.push_back(operand(target));
    for (size_t i = 1; i < arguments_.size(); ++i) instruction_.sources.push_back(operand(arguments_[i]));
    return true;
  }

  bool decode_register_form() {
    const auto form = std::find_if(std::begin(kRegisterForms), std::end(kRegisterForms), [&](const Form& candidate) {
      return name_ == candidate.name && (!*candidate.word || has(candidate.word));
    });
    if (form == std::end(kRegisterForms)) return false;
    instruction_.opcode = form->opcode;
    if (form->opcode == Opcode::kMove && decode_packed_move()) return true;
    if (argument(0).starts_with('{') || argument(0).find('|') != std::string::npos) unsupported("this target");
    instruction_.targets = {operand(argument(0))};
    for (size_t i = 1; i < arguments_.size(); ++i) {
      if (arguments_[i].starts_with('{')) unsupported("a packed operand");
      instruction_.sources.push_back(operand(arguments_[i]));
    }
    if (form->opcode == Opcode::kCompare) decode_comparison();
    if (form->opcode == Opcode::kConvert) decode_rounding();
    if (form->opcode == Opcode::kPermuteBytes && words_.size() != 1) unsupported("a mode of prmt");
    return true;
  }

  // mov.b32 {low, high}, r and mov.b32 r, {low, high}: the parts share the width evenly.
  bool decode_packed_move() {
    const bool unpacks = argument(0).starts_with('{');
    if (!unpacks && !argument(1).starts_with('{')) return false;
    instruction_.opcode = unpacks ? Opcode::kUnpack : Opcode::kPack;
    instruction_.targets = operand_list(argument(0));
    instruction_.sources = operand_list(argument(1));
    return true;
  }

  void decode_comparison() {
    if (words_.size() != 2) unsupported("a comparison joined with a predicate");
    static const std::map<std::string, Comparison> comparisons = {
        {"eq", Comparison::kEqual},        {"ne", Comparison::kNotEqual},  {"lt", Comparison::kLess},
        {"le", Comparison::kLessEqual},    {"gt", Comparison::kGreater},   {"ge", Comparison::kGreaterEqual},
        {"lo", Comparison::kLess},         {"ls", Comparison::kLessEqual}, {"hi", Comparison::kGreater},
        {"hs", Comparison::kGreaterEqual}, {"num", Comparison::kOrdered},  {"nan", Comparison::kUnordered}};
    std::string word = words_[0];
    instruction_.unordered = instruction_.type.is_float() && word.size() == 3 && word.ends_with('u');
    if (instruction_.unordered) word.pop_back();
    const auto found = comparisons.find(word);
    if (found == comparisons.end()) unsupported("this comparison");
    instruction_.comparison = found->second;
  }

  void decode_rounding() {
    static const std::map<std::string, Rounding> roundings = {{"rn", Rounding::kNearest},
                                                              {"rni", Rounding::kNearestInteger},
                                                              {"rzi", Rounding::kTruncate},
                                                              {"rmi", Rounding::kFloor},
                                                              {"rpi", Rounding::kCeiling}};
    if (words_.size() == 2) return;
    const auto found = roundings.find(words_[0]);
    if (found == roundings.end()) unsupported("this rounding");
    instruction_.rounding = found->second;
  }

  const Symbols& symbols_;
  Instruction instruction_;
  std::string name_;
  std::vector<std::string> words_;  // of the opcode, after its name
  std::vector<std::string> arguments_;
};

}  // namespace

Instruction decode(const Statement& statement, const Symbols& symbols) { return Decoder(statement, symbols).run(); }

}  // namespace ptxsim
