// The GPU check with the CPU in the GPU's place: all is well, and an error that is planted in any part is found.
#include <doctest/doctest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <sstream>
#include <string>

#include "../source_folder.h"
#include "check/kernels.h"
#include "check/network_list.h"
#include "check/networks.h"
#include "check/scans.h"
#include "check/training.h"

using namespace hepatica::check;

namespace {

using Part = std::function<void(const Target&, Report&)>;

struct Outcome {
  int failures = 0;
  std::string text;
};

Target make_target(const std::string& planted) {
  Target target;
  target.weights = hepatica::test::in_source_folder("weights/liver-paper.safetensors");
  target.planted = planted;
  target.quick = true;
#ifdef HEPATICA_INTERPRETED_CUDA_LIBRARY
  target.kernels = HEPATICA_INTERPRETED_CUDA_LIBRARY;
#endif
  return target;
}

Outcome run(const Part& part, const std::string& planted = {}) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(std::tmpfile(), std::fclose);
  Report report(output.get());
  report.attempt("the part", [&] { part(make_target(planted), report); });
  Outcome outcome{report.failures(), {}};
  std::rewind(output.get());
  for (int c = std::fgetc(output.get()); c != EOF; c = std::fgetc(output.get())) {
    outcome.text += static_cast<char>(c);
  }
  return outcome;
}

// A line that failed names `network`.
bool fails_of(const std::string& text, const std::string& network) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("**FAILED**") != std::string::npos && line.find(network) != std::string::npos) return true;
  }
  return false;
}

void check_finds(const Part& part, const std::string& planted, const std::string& named) {
  const Outcome outcome = run(part, planted);
  CHECK_MESSAGE(fails_of(outcome.text, named), planted, "\n", outcome.text);
}

}  // namespace

TEST_CASE("networks on the device are compared with the CPU's, and a weight that is a little off is found") {
  const Outcome outcome = run(check_networks);
  CHECK_MESSAGE(outcome.failures == 0, outcome.text);
  for (const NetworkCase& network : list_networks(make_target({})))
    check_finds(check_networks, network.name, network.name);
}

TEST_CASE("training steps on the device are compared with the CPU's, and a step that is a little long is found") {
  const Outcome outcome = run(check_training);
  CHECK_MESSAGE(outcome.failures == 0, outcome.text);
  for (const std::string network : {"liver network", "lesion network", "3-D network"})
    check_finds(check_training, network + " step", network + ": Adam's step");
}

TEST_CASE("a whole scan goes through the pipelines") {
  const Outcome outcome = run(check_scans);
  CHECK_MESSAGE(outcome.failures == 0, outcome.text);
}

TEST_CASE("kernels are compared with the CPU's code, and a voxel that differs is found") {
  const Outcome outcome = run(check_kernels);
  CHECK_MESSAGE(outcome.failures == 0, outcome.text);
  if (!make_target({}).kernels.empty()) check_finds(check_kernels, "kernels", "window and equalization");
}
