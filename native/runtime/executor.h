// What computes on one device: a line that holds whole jobs, so that those in it alone hold pictures on the device, and
// one thread for its networks, so that jobs share neither cores nor activations.
#pragma once

#include <functional>
#include <vector>

#include "runtime/device.h"
#include "runtime/line.h"
#include "runtime/worker.h"

namespace hepatica {

class Executor {
 public:
  explicit Executor(int jobs_at_once);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  // Cancels what runs and what waits, and ends the thread.
  ~Executor();

  // The process's for that device; its thread starts with the first network and ends with the process, before
  // libtorch's own objects go.
  static Executor& of(const ComputeDevice& device);
  // The process's line of those that read and write files: a scan is read while another is computed on.
  static Line& files();

  // Of every line of the process: how many jobs go on at once. At first as many as there are processors and no fewer
  // than two, on a GPU two: one is prepared while the network computes on another.
  static void set_concurrency(int jobs_at_once);

  // Whole jobs wait here for their turn.
  Line& jobs() { return jobs_; }
  // Those of the jobs whose networks compute or wait to.
  const Line& networks() const { return networks_; }

  // Calls work() on the executor's thread, with libtorch set to run.thread_count() threads, when those that came before
  // are done; throws what it threw, and Cancelled as Line does. Called from the thread itself, it works at once.
  void compute(Run& run, const std::function<void()>& work);

 private:
  Line jobs_;
  Line networks_{1};
  Worker worker_;
};

}  // namespace hepatica
