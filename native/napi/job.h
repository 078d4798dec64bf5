// A promise worker: one pipeline call on a thread of its own (not libuv's pool, which file I/O needs), with progress,
// cancelling, and an end that is safe while its environment goes away.
#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/run.h"
#include "napi/environment.h"
#include "runtime/line.h"

namespace hepatica::napi {

// The run of a job: what a pipeline reports beside its progress, for example an epoch's record as JSON, is told to
// JavaScript in order and without loss.
class JobRun : public Run {
 public:
  JobRun(ProgressCallback on_progress, std::function<void(std::string)> on_message)
      : Run(std::move(on_progress)), on_message_(std::move(on_message)) {}

  void tell(std::string message) { on_message_(std::move(message)); }

 private:
  std::function<void(std::string)> on_message_;
};

// Makes the JavaScript result; called on the environment's thread.
using Deliver = std::function<Napi::Value(Napi::Env)>;
// The pipeline call; runs on the job's thread, where no JavaScript value may be touched. Its captures are freed there.
using Work = std::function<Deliver(JobRun&)>;

// Where a job waits for its turn: with those that compute on the CPU or with those that read and write files; or
// nowhere, because its pipeline takes the turn on the device that it chooses, it takes hours (a training), or it has to
// answer while others compute.
enum class Turn { kCpu, kFiles, kNone };

// The jobs of all environments from their threads' beginning to their end. process.exit() runs no clean-up of the main
// environment: static objects of libtorch, oneDNN and DCMTK would be destroyed under threads that use them.
Line& jobs_of_process();

// What JavaScript passes beside the arguments: { threads: number, device: string, onProgress?: (stage, fraction) =>
// void }. Returns { promise, cancel() }; the promise rejects with the error of errors.h.
Napi::Value start_job(Napi::Env env, const Napi::Object& control, Turn turn, Work work);

class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(Napi::Env env, Turn turn, Work work);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // These on the environment's thread.
  void start(Napi::Env env, const Napi::Object& control);
  Napi::Promise promise() const { return deferred_.Promise(); }
  void cancel() { run_.cancel(); }
  void join();
  // The environment goes away: nothing is delivered any more.
  void abandon() { abandoned_ = true; }
  const Environment& environment() const { return environment_; }

 private:
  struct Context {
    std::shared_ptr<Job> job;
  };
  static void on_signal(Napi::Env env, Napi::Function on_news, Context* context, void*);
  using Signal = Napi::TypedThreadSafeFunction<Context, void, on_signal>;

  struct News {
    bool progressed = false;
    bool finished = false;
    std::string stage;
    double fraction = 0;
    std::vector<std::string> messages;
  };

  // On the job's thread.
  void execute();
  template <class Change>
  void report(Change&& change);

  // On the environment's thread.
  News take_news();
  void settle(Napi::Env env);
  void end(Napi::Env env);

  Environment& environment_;
  JobRun run_;
  Turn turn_;
  Work work_;
  Napi::Promise::Deferred deferred_;
  Napi::Env::CleanupHook<void (*)(Job*), Job> cleanup_hook_;
  Signal signal_;
  std::thread thread_;
  bool abandoned_ = false;

  // Written by the job's thread before it reports that it has finished, read after.
  Deliver deliver_;
  std::exception_ptr failure_;

  // At most one signal is under way: what happens meanwhile is merged into `news_`, so that a fast job cannot flood
  // the event loop.
  std::mutex mutex_;
  News news_;
  bool signalled_ = false;
};

}  // namespace hepatica::napi
