#include "runtime/executor.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "platform/processors.h"
#include "platform/startable_threads.h"
#include "runtime/caching_allocator.h"

namespace hepatica {
namespace {

constexpr int kJobsOnGpu = 2;

int jobs_on_cpu() { return std::max(2, usable_processors()); }

struct Executors {
  std::mutex mutex;
  std::map<int, Executor> by_device;
  Line files{jobs_on_cpu()};
  std::optional<int> concurrency;  // what was set

  static Executors& of_process() {
    static Executors executors;
    return executors;
  }
};

}  // namespace

Executor::Executor(int jobs_at_once)
    : jobs_(jobs_at_once), worker_([this] {
        if (networks_.counts().waiting == 0) release_cached_memory();
      }) {}

Executor::~Executor() {
  networks_.stop();
  jobs_.stop();
}

Executor& Executor::of(const ComputeDevice& device) {
  Executors& all = Executors::of_process();
  const std::lock_guard lock(all.mutex);
  const int at_first = device.is_cpu() ? jobs_on_cpu() : kJobsOnGpu;
  return all.by_device.try_emplace(device.index, all.concurrency.value_or(at_first)).first->second;
}

Line& Executor::files() { return Executors::of_process().files; }

void Executor::set_concurrency(int jobs_at_once) {
  Executors& all = Executors::of_process();
  const std::lock_guard lock(all.mutex);
  all.concurrency = jobs_at_once;
  all.files.set_places(jobs_at_once);
  for (auto& [index, executor] : all.by_device) executor.jobs_.set_places(jobs_at_once);
}

void Executor::compute(Run& run, const std::function<void()>& work) {
  if (worker_.is_current_thread()) return work();
  const Line::Turn turn(networks_, run);
  worker_.run([&] {
    run.check_cancelled();
    at::set_num_threads(startable_threads(run.thread_count()));
    work();
  });
}

}  // namespace hepatica
