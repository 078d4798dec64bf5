// One run of a pipeline: where it computes, how it is cancelled, what it tells while it goes on, and what it reports.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"

namespace hepatica {

struct Warning {
  std::string code;
  std::string message;
};

// Thread-safe: stages of a pipeline report from whichever thread they run on.
class Run {
 public:
  // `fraction` is 0 to 1 over the whole pipeline and never falls; called on the computing thread, must not block.
  using ProgressCallback = std::function<void(const std::string& stage, double fraction)>;

  Run() = default;
  explicit Run(ProgressCallback on_progress) : on_progress_(std::move(on_progress)) {}

  // 0 means all cores that this process may use.
  int threads = 0;

  int thread_count() const;

  // The flag may be set from any thread at any time; it is polled between tiles.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void check_cancelled() const {
    if (is_cancelled()) throw Cancelled();
  }

  // The part of the whole that the coming stage fills: its progress(0..1) is mapped to [begin, end].
  void begin_stage(const std::string& stage, double begin, double end);
  void progress(double fraction_of_stage);

  void warn(std::string code, std::string message);
  void add_timing_ms(const std::string& stage, double milliseconds);

  // "cpu" or "cuda:0 NAME": what was really used.
  void set_device_used(std::string device);

  std::vector<Warning> warnings() const;
  std::map<std::string, double> timings_ms() const;
  std::string device_used() const;

 private:
  ProgressCallback on_progress_;
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  std::string stage_;
  double stage_begin_ = 0;
  double stage_end_ = 1;
  double reported_ = 0;
  std::vector<Warning> warnings_;
  std::map<std::string, double> timings_ms_;
  std::string device_used_ = "cpu";
};

// Adds the time from its construction to its destruction to the run's timings.
class StageTimer {
 public:
  StageTimer(Run& run, std::string stage) : run_(run), stage_(std::move(stage)) {}
  ~StageTimer() {
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start_;
    run_.add_timing_ms(stage_, elapsed.count());
  }
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Run& run_;
  std::string stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace hepatica
