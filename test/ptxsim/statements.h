// PTX text cut into statements: what ends in ';', ':' or a brace; comments, .file, .loc and debug sections removed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ptxsim {

struct Statement {
  enum class Kind { kPlain, kLabel, kOpen, kClose };  // "x;"  "x:"  "x {"  "}"
  Kind kind;
  std::string text;  // trimmed, without the terminator
  int ptx_line;
  int source_line;  // from the last .loc
};

std::vector<Statement> split_statements(std::string_view ptx);

std::string trimmed(std::string_view text);

// Cut at `separator`, but not within [] and {}; each part trimmed; none where text is empty.
std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace ptxsim
