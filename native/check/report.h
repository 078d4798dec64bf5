// What the check finds, as a table in Markdown: a line as soon as it is known, so that a run that is cut short still
// says what it saw.
#pragma once

#include <functional>
#include <string>

namespace hepatica::check {

class Report {
 public:
  // Begins a table.
  void heading(const std::string& title);

  // A line with a verdict. `limit` says what was expected.
  void verdict(const std::string& what, const std::string& found, const std::string& limit, bool good);
  // `found` must not be above `limit`; what is no number fails.
  void at_most(const std::string& what, double found, double limit);
  // A line without one: a time, a size, what cannot be checked here.
  void figure(const std::string& what, const std::string& found);

  // Runs a part; what it throws is a failed line, and the parts after it run all the same.
  void attempt(const std::string& what, const std::function<void()>& part);

  int failures() const { return failures_; }

 private:
  void line(const std::string& what, const std::string& found, const std::string& limit, const std::string& verdict);

  int failures_ = 0;
};

// A number as the table shows it: three digits.
std::string number(double value);
std::string with_unit(double value, const std::string& unit);

}  // namespace hepatica::check
