// What goes wrong, with a stable code: the façade turns an Error into the class of the same kind in src/errors.ts.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace hepatica {

// `code` is stable and upper-case ("CORRUPT_FILE"); `file` and `field` name the culprit or are empty; `remedy` says
// what the caller can do. what() is the whole sentence for a person.
class Error : public std::runtime_error {
 public:
  Error(std::string error_code, const std::string& message, std::string culprit_file = {},
        std::string culprit_field = {}, std::string what_to_do = {})
      : std::runtime_error(message),
        code(std::move(error_code)),
        file(std::move(culprit_file)),
        field(std::move(culprit_field)),
        remedy(std::move(what_to_do)) {}

  std::string code;
  std::string file;
  std::string field;
  std::string remedy;
};

// Thrown by Run::check_cancelled(); the façade rejects with the AbortSignal's reason instead.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("The operation was aborted") {}
};

}  // namespace hepatica
