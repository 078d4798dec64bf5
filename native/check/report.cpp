#include "check/report.h"

#include <algorithm>
#include <cstdio>
#include <exception>

#include "core/error.h"
#include "runtime/library_error.h"

namespace hepatica::check {
namespace {

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '|') c = ' ';
  }
  constexpr size_t kLongest = 300;
  return text.substr(0, kLongest);
}

std::string message_of(const std::exception& failure) {
  const auto* const own = dynamic_cast<const Error*>(&failure);
  return own ? own->code + ": " + own->what() : library_error(failure).what();
}

}  // namespace

void Report::heading(const std::string& title) {
  std::fprintf(output_, "\n### %s\n\n| what | found | expected | |\n|---|---|---|---|\n", title.c_str());
  std::fflush(output_);
}

void Report::line(const std::string& what, const std::string& found, const std::string& expected,
                  const std::string& verdict) {
  std::fprintf(output_, "| %s | %s | %s | %s |\n", one_line(what).c_str(), one_line(found).c_str(),
               one_line(expected).c_str(), verdict.c_str());
  std::fflush(output_);
}

void Report::verdict(const std::string& what, const std::string& found, const std::string& expected, bool good) {
  if (!good) ++failures_;
  line(what, found, expected, good ? "ok" : "**FAILED**");
}

void Report::at_most(const std::string& what, double found, double limit) {
  verdict(what, number(found), "at most " + number(limit), found <= limit);
}

void Report::same_bytes(const std::string& what, bool same) {
  verdict(what, same ? "the same bytes" : "other bytes", "the same bytes", same);
}

void Report::figure(const std::string& what, const std::string& found) { line(what, found, "", ""); }

void Report::attempt(const std::string& what, const std::function<void()>& part) {
  try {
    part();
  } catch (const std::exception& failure) {
    verdict(what, message_of(failure), "no error", false);
  }
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

std::string with_unit(double value, const std::string& unit) { return number(value) + " " + unit; }

}  // namespace hepatica::check
