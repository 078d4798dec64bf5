// Proof that the interpreter and the comparison with the CPU together find defects: each of 31, planted into a copy of
// the project's own sources, must be caught, and the sources as they are must pass.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace {

struct PlantedDefect {
  const char* program;
  const char* what;
};

constexpr PlantedDefect kPrograms[] = {
#if HEPATICA_HAS_NVCC
#include "planted_programs.inc"
#endif
    {"", ""}};

constexpr size_t kDefects = 31;
constexpr int kWrongResult = 1;
constexpr int kViolation = 70;

bool is_defect(const PlantedDefect& planted) { return std::string(planted.program).starts_with("defect_"); }

int exit_code_of(const std::string& program, const std::string& environment) {
  const std::string command = environment + " '" HEPATICA_PLANTED_FOLDER "/" + program + "' >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_SUITE_BEGIN("planted defects in nvcc's PTX, interpreted on the CPU" * doctest::skip(!HEPATICA_HAS_NVCC));

TEST_CASE("the clean sources pass in three interleavings") {
  for (const char* program : {"unchanged", "control"}) {
    CAPTURE(program);
    CHECK(exit_code_of(program, "PTXSIM_ORDER=fwd") == 0);
    CHECK(exit_code_of(program, "PTXSIM_ORDER=rev") == 0);
    CHECK(exit_code_of(program, "PTXSIM_ORDER=rand:11 PTXSIM_PREEMPT=100") == 0);
  }
}

TEST_CASE("every planted defect is caught") {
  size_t defects = 0;
  size_t violations = 0;
  for (const PlantedDefect& planted : kPrograms) {
    if (!is_defect(planted)) continue;
    const int exit_code = exit_code_of(planted.program, "PTXSIM_ORDER=fwd");
    CHECK_MESSAGE((exit_code == kViolation || exit_code == kWrongResult), planted.program, " (", planted.what,
                  ") ended with ", exit_code);
    violations += exit_code == kViolation;
    ++defects;
  }
  CHECK(defects == kDefects);
  MESSAGE(violations, " of ", defects, " defects ended in a violation, the others in a wrong result");
}

TEST_SUITE_END();
