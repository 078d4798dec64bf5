#include "training/loop/checkpoint.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "models/weights/safetensors.h"
#include "synthetic_scans.h"
#include "temporary_folder.h"
#include "training/tasks/structure/run.h"

namespace fs = std::filesystem;
using namespace hepatica;
using namespace hepatica::test;

namespace {

constexpr const char* kFolderVariable = "HEPATICA_TEST_TRAINING";
constexpr const char* kChild = "a training in a process of its own";

StructureTrainingPlan killed_plan(const std::string& folder) {
  StructureTrainingPlan plan = ball_plan(folder);
  plan.options.epochs = 10;
  plan.options.checkpoint_folder = folder + "/checkpoints";
  plan.options.resume = true;
  return plan;
}

History train(const StructureTrainingPlan& plan) {
  Run run;
  run.threads = 1;
  const auto training = ball_scans(2, false);
  const auto validation = ball_scans(1, true);
  return run_training(
      plan, small_config(), training, validation, {}, *one_process(), [](const std::string&) {}, run);
}

pid_t start_child(const std::string& folder) {
  const std::string only = std::string("--test-case=") + kChild;
  setenv(kFolderVariable, folder.c_str(), 1);
  const pid_t child = fork();
  if (child == 0) {
    execl("/proc/self/exe", "tests", "--no-skip", only.c_str(), "--minimal", nullptr);
    _exit(127);
  }
  return child;
}

// The size of a file in the folder whose name begins so and that is not `known`; -1: there is none.
int64_t size_of_pending(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().starts_with(name + ".tmp-")) continue;
    const auto size = entry.file_size(ignored);
    if (!ignored) return static_cast<int64_t>(size);
  }
  return -1;
}

// Kills the child as soon as `moment` holds. Returns false where it ended by itself before.
bool kill_at(pid_t child, const std::function<bool()>& moment) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  int status = 0;
  while (std::chrono::steady_clock::now() < end) {
    if (waitpid(child, &status, WNOHANG) == child) return false;
    if (moment()) break;
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

}  // namespace

TEST_CASE("a training in a process of its own" * doctest::skip()) {
  const char* folder = std::getenv(kFolderVariable);
  if (folder) train(killed_plan(folder));
}

TEST_CASE("a training that is killed while it writes a checkpoint goes on as if it had not been") {
  const TemporaryFolder killed, whole;
  const fs::path checkpoints = killed.path + "/checkpoints";
  const fs::path last = last_checkpoint_path(checkpoints.string());
  const auto pending_has = [&](const char* name, int64_t bytes) {
    return [&checkpoints, name, bytes] { return size_of_pending(checkpoints, name) >= bytes; };
  };
  const std::vector<std::function<bool()>> moments = {
      pending_has("last.safetensors", 0),         pending_has("last.safetensors", 1),
      pending_has("best.safetensors", 0),         pending_has("last.safetensors", 300'000),
      pending_has("last.safetensors", 1'000'000), pending_has("best.safetensors", 1)};
  int kills = 0;
  for (const auto& moment : moments) {
    if (!kill_at(start_child(killed.path), moment)) break;
    ++kills;
    CHECK_FALSE(fs::exists(killed.path + "/ball.safetensors"));
    if (fs::exists(last)) CHECK_NOTHROW(SafetensorsFile(last.string()).tensors());
  }
  CHECK(kills >= 4);
  const History resumed = train(killed_plan(killed.path));
  const History expected = train(killed_plan(whole.path));
  REQUIRE(resumed.epochs.size() == expected.epochs.size());
  for (size_t i = 0; i < expected.epochs.size(); ++i) {
    CHECK(resumed.epochs[i].training_loss == expected.epochs[i].training_loss);
    CHECK(resumed.epochs[i].validation_dice == expected.epochs[i].validation_dice);
  }
  CHECK(resumed.best_epoch == expected.best_epoch);
  const SafetensorsFile a(whole.path + "/ball.safetensors"), b(killed.path + "/ball.safetensors");
  for (const std::string& name : a.names()) CHECK(a.tensor(name).equal(b.tensor(name)));
  // What the killed writers left is gone.
  for (const char* name : {"last.safetensors", "best.safetensors"}) CHECK(size_of_pending(checkpoints, name) == -1);
}
