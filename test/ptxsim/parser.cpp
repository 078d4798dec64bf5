#include "parser.h"

#include <regex>

#include "decoder.h"
#include "statements.h"
#include "violation.h"

namespace ptxsim {
namespace {

// Static shared arrays lie apart, so that an index past the end of one never hits the next.
constexpr uint64_t kSharedGap = 64;

uint64_t round_up(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

class ModuleParser {
 public:
  Module run(std::string_view ptx) {
    for (const Statement& statement : split_statements(ptx)) {
      if (depth_ == 0) {
        parse_outside(statement);
      } else {
        parse_inside(statement);
      }
    }
    if (depth_ != 0) throw Violation(Fault::kMalformedPtx, "a kernel is not closed");
    return std::move(module_);
  }

 private:
  void parse_outside(const Statement& statement) {
    const bool is_kernel = statement.text.find(".entry") != std::string::npos;
    if (statement.kind == Statement::Kind::kOpen && is_kernel) return begin_kernel(statement.text);
    if (statement.text.find(".extern .shared") != std::string::npos) {
      module_shared_[shared_name(statement.text)] = kDynamicSharedBase;
      return;
    }
    throw Violation(Fault::kUnsupported, "only kernels may stand outside of kernels (inline every function): " +
                                             statement.text.substr(0, 100));
  }

  void begin_kernel(const std::string& text) {
    const size_t name_begin = text.find(".entry") + 6;
    const size_t parameters_begin = text.find('(', name_begin);
    const std::string name = trimmed(text.substr(name_begin, parameters_begin - name_begin));
    kernel_ = &module_[name];
    kernel_->name = name;
    symbols_ = {};
    symbols_.shared = module_shared_;
    labels_.clear();
    branches_.clear();
    if (parameters_begin != std::string::npos) declare_parameters(text.substr(parameters_begin));
    static const std::regex max_threads(R"(\.maxntid\s+(\d+)(?:\s*,\s*(\d+))?(?:\s*,\s*(\d+))?)");
    std::smatch match;
    if (std::regex_search(text, match, max_threads)) {
      kernel_->max_threads = 1;
      for (size_t i = 1; i < match.size(); ++i) {
        if (match[i].matched) kernel_->max_threads *= static_cast<uint32_t>(std::stoul(match[i]));
      }
    }
    depth_ = 1;
  }

  // .param .u64 name   .param .align 4 .b8 name[8]   .param .u64 .ptr .global .align 1 name
  void declare_parameters(const std::string& text) {
    static const std::regex declaration(
        R"(\.param\s+(?:\.align\s+(\d+)\s+)?\.[a-z](\d+)\s+(?:\.ptr\s+(?:\.[a-z]+\s+)?(?:\.align\s+\d+\s+)?)?([\w$]+)(?:\[(\d+)\])?)");
    uint64_t offset = 0;
    for (std::sregex_iterator i(text.begin(), text.end(), declaration), end; i != end; ++i) {
      const std::smatch& match = *i;
      const uint64_t element = std::stoull(match[2]) / 8;
      const uint64_t bytes = match[4].matched ? element * std::stoull(match[4]) : element;
      offset = round_up(offset, match[1].matched ? std::stoull(match[1]) : element);
      symbols_.parameters[match[3]] = offset;
      kernel_->parameters.push_back({static_cast<uint32_t>(offset), static_cast<uint32_t>(bytes)});
      offset += bytes;
    }
  }

  void parse_inside(const Statement& statement) {
    switch (statement.kind) {
      case Statement::Kind::kOpen:
        ++depth_;
        return;
      case Statement::Kind::kClose:
        if (--depth_ == 0) end_kernel();
        return;
      case Statement::Kind::kLabel:
        labels_[statement.text] = static_cast<int>(kernel_->code.size());
        return;
      case Statement::Kind::kPlain:
        break;
    }
    if (statement.text.starts_with(".reg")) {
      declare_registers(statement.text);
    } else if (statement.text.starts_with(".shared")) {
      declare_shared(statement.text);
    } else if (statement.text.starts_with(".pragma")) {
      return;
    } else if (statement.text.starts_with(".")) {
      throw Violation(Fault::kUnsupported, "directive is not supported: " + statement.text);
    } else {
      add_instruction(statement);
    }
  }

  void end_kernel() {
    for (const auto& [instruction, label] : branches_) {
      const auto found = labels_.find(label);
      if (found == labels_.end()) throw Violation(Fault::kMalformedPtx, "no label " + label);
      kernel_->code[instruction].branch_target = found->second;
    }
    // A branch may lead to the closing brace.
    Instruction end;
    end.opcode = Opcode::kReturn;
    end.text = "}";
    kernel_->code.push_back(end);
  }

  // .reg .b32 %r<25>;   .reg .pred p, q;
  void declare_registers(const std::string& text) {
    static const std::regex range(R"(\.reg\s+\.\w+\s+([%\w$]+)<(\d+)>)");
    std::smatch match;
    if (std::regex_search(text, match, range)) {
      const int count = std::stoi(match[2]);
      for (int i = 0; i < count; ++i) declare_register(match[1].str() + std::to_string(i));
      return;
    }
    const size_t type = text.find('.', 1);
    for (const std::string& name : split_list(text.substr(text.find_first_of(" \t", type)), ','))
      declare_register(name);
  }

  void declare_register(const std::string& name) {
    symbols_.registers[name] = static_cast<int>(kernel_->register_count++);
  }

  static std::string shared_name(const std::string& text) {
    static const std::regex name(R"(([\w$]+)(?:\[\d*\])?$)");
    std::smatch match;
    if (!std::regex_search(text, match, name)) throw Violation(Fault::kMalformedPtx, text);
    return match[1];
  }

  // .shared .align 4 .b8 name[32]   .shared .align 4 .u32 name
  void declare_shared(const std::string& text) {
    static const std::regex declaration(R"(\.shared\s+\.align\s+(\d+)\s+\.[a-z](\d+)\s+([\w$]+)(?:\[(\d+)\])?$)");
    std::smatch match;
    if (!std::regex_search(text, match, declaration)) throw Violation(Fault::kMalformedPtx, text);
    const uint64_t bytes = std::stoull(match[2]) / 8 * (match[4].matched ? std::stoull(match[4]) : 1);
    const uint64_t begin =
        round_up(kernel_->static_shared_bytes, std::max<uint64_t>(kSharedGap, std::stoull(match[1])));
    symbols_.shared[match[3]] = begin;
    kernel_->shared_variables.push_back({begin, begin + bytes});
    kernel_->static_shared_bytes = static_cast<uint32_t>(begin + bytes + kSharedGap);
  }

  void add_instruction(const Statement& statement) {
    Instruction instruction = decode(statement, symbols_);
    if (instruction.opcode == Opcode::kBranch) {
      const size_t label = instruction.text.find_last_of(" \t") + 1;
      branches_.emplace_back(kernel_->code.size(), instruction.text.substr(label));
    }
    kernel_->code.push_back(std::move(instruction));
  }

  Module module_;
  Kernel* kernel_ = nullptr;
  Symbols symbols_;
  std::map<std::string, uint64_t> module_shared_;
  std::map<std::string, int> labels_;
  std::vector<std::pair<size_t, std::string>> branches_;
  int depth_ = 0;
};

}  // namespace

Module parse_module(std::string_view ptx) { return ModuleParser().run(ptx); }

}  // namespace ptxsim
