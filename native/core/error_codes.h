// What kind of error each code is: error_codes.def as tables.
#pragma once

#include <string_view>

namespace hepatica {

struct ErrorKind {
  std::string_view name;
  std::string_view class_name;
  int exit_code;
};

struct ErrorCode {
  std::string_view code;
  std::string_view kind;
};

#define WARNING_CODE(code, meaning)
#define ERROR_CODE(code, kind, meaning)
#define ERROR_KIND(kind, class_name, exit_code, meaning) {#kind, #class_name, exit_code},
inline constexpr ErrorKind kErrorKinds[] = {
#include "core/error_codes.def"
};
#undef ERROR_KIND
#undef ERROR_CODE

#define ERROR_KIND(kind, class_name, exit_code, meaning)
#define ERROR_CODE(code, kind, meaning) {#code, #kind},
inline constexpr ErrorCode kErrorCodes[] = {
#include "core/error_codes.def"
};
#undef ERROR_KIND
#undef ERROR_CODE
#undef WARNING_CODE

// The kind of `code`, or nothing where the table does not have it.
constexpr std::string_view error_kind(std::string_view code) {
  for (const ErrorCode& entry : kErrorCodes) {
    if (entry.code == code) return entry.kind;
  }
  return {};
}

}  // namespace hepatica
