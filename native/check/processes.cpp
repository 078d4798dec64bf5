#include "check/processes.h"

#include <ATen/DeviceAccelerator.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "check/compare.h"
#include "check/learners.h"
#include "core/error.h"
#include "models/layers/trained_layers.h"
#include "models/weights/safetensors.h"
#include "platform/free_port.h"
#include "training/loop/communicator.h"

extern char** environ;

namespace hepatica::check {
namespace {

constexpr int kRanks = 2;
constexpr int kSteps = 5;
constexpr double kLearningRate = 1e-3;
constexpr std::chrono::seconds kPatience{90};
constexpr const char* kByNccl = "by_nccl";

// Batch norm sees the items of both processes together.
constexpr double kGradientError = 2e-3;
constexpr double kLossError = 2e-3;

LearnerCase learner_of(const Target& target) { return list_learners(target, target.quick ? 4 : 8).front(); }

pid_t start(const std::string& program, const Target& target, const Rank& rank) {
  std::vector<std::string> words = {program,
                                    "--device",
                                    target.on_gpu() ? "cuda" : "cpu",
                                    "--weights",
                                    target.weights,
                                    "--rank",
                                    std::to_string(rank.number),
                                    "--port",
                                    std::to_string(rank.port),
                                    "--own-device",
                                    rank.own_device ? "yes" : "no",
                                    "--output",
                                    rank.output};
  if (target.quick) words.insert(words.end(), {"--quick", "yes"});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t process = -1;
  if (posix_spawn(&process, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
    throw Error("INTERNAL_ERROR", "A second process cannot be started", program);
  }
  return process;
}

// True where all have ended well in time; none is left behind.
bool wait_for(std::vector<pid_t> processes) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  bool good = true;
  while (!processes.empty() && std::chrono::steady_clock::now() < deadline) {
    int status = 0;
    std::erase_if(processes, [&](pid_t process) {
      if (waitpid(process, &status, WNOHANG) != process) return false;
      good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
      return true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (const pid_t process : processes) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
  return good && processes.empty();
}

double worst_difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected) / expected).abs().max().item<double>();
}

at::Tensor losses_of(const Steps& steps) { return at::tensor(steps.losses(), at::kFloat); }

void compare(const Target& target, const std::string& program, bool own_devices, Report& report) {
  const Determinism determinism(true);
  const Steps expected =
      train(learner_of(target).make(training_device(target.device, false), {}), kSteps, kLearningRate);
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("hepatica_check_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const uint16_t port = free_port();
  std::vector<pid_t> processes;
  std::vector<std::string> outputs;
  for (int rank = 0; rank < kRanks; ++rank) {
    outputs.push_back(folder / (std::to_string(rank) + ".safetensors"));
    processes.push_back(start(program, target, {rank, port, own_devices, outputs.back()}));
  }
  const bool ended = wait_for(processes);
  report.verdict("both processes", ended ? "ended well" : "failed", "end well", ended);
  if (ended) {
    StateDict first = SafetensorsFile(outputs[0]).tensors();
    const StateDict second = SafetensorsFile(outputs[1]).tensors();
    const bool by_nccl = first.at(kByNccl).item<bool>();
    report.verdict("what lies on the device goes", by_nccl ? "over NCCL" : "over Gloo",
                   own_devices ? "over NCCL" : "over Gloo", by_nccl == own_devices);
    report.same_bytes("what both have learned", same_bytes(first, second));
    report.at_most("worst of " + std::to_string(kSteps) + " losses",
                   worst_difference(first.at("losses"), losses_of(expected)), kLossError);
    first.erase("losses");
    first.erase(kByNccl);
    report.at_most("gradients of the first step", relative_error(first, expected.steps.front().gradients),
                   kGradientError);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace

void check_processes(const Target& target, const std::string& program, Report& report) {
  report.heading("Two processes on one device (Gloo) against one");
  compare(target, program, false, report);
  report.heading("Two processes on two devices (NCCL) against one");
  if (target.on_gpu() && at::accelerator::deviceCount() >= kRanks) {
    compare(target, program, true, report);
  } else {
    report.figure("two devices", "not here: skipped");
  }
}

int run_rank(const Target& target, const Rank& rank) {
  try {
    const Determinism determinism(true);
    Run run;
    ProcessPlace place;
    place.rank = rank.number;
    place.size = kRanks;
    place.address = "127.0.0.1";
    place.port = rank.port;
    place.meeting_timeout = kPatience;
    const std::unique_ptr<Communicator> communicator = join_processes(place, run);
    Target own = target;
    if (rank.own_device) own.device.set_index(static_cast<at::DeviceIndex>(rank.number));
    communicator->compute_on(own.device);
    const bool by_nccl = communicator->uses_nccl();
    Learner learner = learner_of(own).make(training_device(own.device, false), {.part = rank.number, .parts = kRanks});
    learner.sum = [&](const at::Tensor& tensor) { communicator->all_reduce_sum(tensor); };
    dynamic_cast<TrainedLayers&>(*learner.network).synchronize(learner.sum);
    // The mean over all items is the mean of the processes' means.
    learner.loss = [loss = learner.loss](int step) { return loss(step) / kRanks; };
    const Steps steps = train(learner, kSteps, kLearningRate);
    communicator->leave();
    StateDict learned = steps.steps.front().gradients;
    learned["losses"] = losses_of(steps);
    learned[kByNccl] = at::tensor(by_nccl ? 1 : 0, at::kByte);
    write_safetensors(rank.output, learned, {});
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "process %d: %s\n", rank.number, failure.what());
    return 1;
  }
  return 0;
}

}  // namespace hepatica::check
