#include "statements.h"

#include <cstdio>

namespace ptxsim {
namespace {

// The line in the kernel's own file: where the code was inlined, if it was (".loc 2 18 3, function_name x, inlined_at
// 1 58 3").
int source_line_of(const std::string& directive, int former) {
  const size_t inlined = directive.find("inlined_at ");
  const char* const numbers = directive.c_str() + (inlined == std::string::npos ? 4 : inlined + 10);
  int file = 0;
  int line = 0;
  return std::sscanf(numbers, " %d %d", &file, &line) == 2 ? line : former;
}

class Splitter {
 public:
  explicit Splitter(std::string_view ptx) : ptx_(ptx) {}

  std::vector<Statement> run() {
    while (position_ < ptx_.size()) step();
    return std::move(statements_);
  }

 private:
  void step() {
    const char c = ptx_[position_];
    if (ptx_.substr(position_, 2) == "//") {
      position_ = std::min(ptx_.find('\n', position_), ptx_.size());
      return;
    }
    ++position_;
    if (c == '\n') return end_line();
    if (current_.find_first_not_of(" \t\n") == std::string::npos) first_line_ = line_;
    if (c == '{' && opens_block()) return open();
    if (c == '}' && trimmed(current_).empty()) return emit(Statement::Kind::kClose);
    if (c == ';') return emit(Statement::Kind::kPlain);
    if (c == ':' && trimmed(current_).starts_with("$")) return emit(Statement::Kind::kLabel);
    current_ += c;
  }

  void end_line() {
    ++line_;
    const std::string text = trimmed(current_);
    if (text.starts_with(".loc")) source_line_ = source_line_of(text, source_line_);
    const bool ends_with_line = text.starts_with(".loc") || text.starts_with(".file") || text.starts_with(".version") ||
                                text.starts_with(".target") || text.starts_with(".address_size");
    if (ends_with_line) {
      current_.clear();
    } else {
      current_ += '\n';
    }
  }

  // Braces of vector operands belong to their instruction.
  bool opens_block() const {
    const std::string text = trimmed(current_);
    return text.empty() || text.starts_with(".") || text.find(".entry") != std::string::npos;
  }

  void open() {
    if (trimmed(current_).starts_with(".section")) {
      const size_t end = std::min(ptx_.find('}', position_), ptx_.size() - 1) + 1;
      for (; position_ < end; ++position_) line_ += ptx_[position_] == '\n';
      current_.clear();
      return;
    }
    emit(Statement::Kind::kOpen);
  }

  void emit(Statement::Kind kind) {
    statements_.push_back({kind, trimmed(current_), first_line_, source_line_});
    current_.clear();
  }

  std::string_view ptx_;
  size_t position_ = 0;
  int line_ = 1;
  int first_line_ = 1;
  int source_line_ = 0;
  std::string current_;
  std::vector<Statement> statements_;
};

}  // namespace

std::vector<Statement> split_statements(std::string_view ptx) { return Splitter(ptx).run(); }

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  if (trimmed(text).empty()) return parts;
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : separator;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (i < text.size() && (c != separator || depth != 0)) continue;
    parts.push_back(trimmed(text.substr(begin, i - begin)));
    begin = i + 1;
  }
  return parts;
}

}  // namespace ptxsim
