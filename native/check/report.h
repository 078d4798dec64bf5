// What the check finds, as tables in Markdown: a line as soon as it is known, so that a run that is cut short still
// says what it saw.
#pragma once

#include <cstdio>
#include <functional>
#include <string>

namespace hepatica::check {

class Report {
 public:
  explicit Report(std::FILE* output) : output_(output) {}

  // Begins a table.
  void heading(const std::string& title);

  // A line with a verdict. `expected` says what would have been right.
  void verdict(const std::string& what, const std::string& found, const std::string& expected, bool good);
  // `found` must not be above `limit`; what is no number fails.
  void at_most(const std::string& what, double found, double limit);
  void same_bytes(const std::string& what, bool same);
  // A line without one: a time, a size, what cannot be checked here.
  void figure(const std::string& what, const std::string& found);

  // Runs a part; what it throws is a failed line, and the parts after it run all the same.
  void attempt(const std::string& what, const std::function<void()>& part);

  int failures() const { return failures_; }

 private:
  void line(const std::string& what, const std::string& found, const std::string& expected, const std::string& verdict);

  std::FILE* output_;
  int failures_ = 0;
};

// A number as the tables show it: three digits.
std::string number(double value);
std::string with_unit(double value, const std::string& unit);

}  // namespace hepatica::check
