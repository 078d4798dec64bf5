#include "napi/job.h"

#include <optional>
#include <system_error>
#include <utility>

#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/results.h"
#include "runtime/executor.h"

namespace hepatica::napi {

namespace {

// The environment goes away with jobs in flight (worker.terminate(), process.exit()): stop them all first, then wait
// for this one. The hook was added after the job's thread-safe function, so it runs before that is closed.
void stop_with_environment(Job* job) {
  const std::shared_ptr<Job> alive = job->shared_from_this();
  for (const auto& other : job->environment().jobs_in_flight) other->cancel();
  job->join();
  job->abandon();
}

}  // namespace

Line& jobs_of_process() {
  static Line jobs(Line::kUnbounded);
  return jobs;
}

Napi::Value start_job(Napi::Env env, const Napi::Object& control, Turn turn, Work work) {
  const auto job = std::make_shared<Job>(env, turn, std::move(work));
  job->start(env, control);
  auto handle = Napi::Object::New(env);
  handle.Set("promise", job->promise());
  handle.Set("cancel", Napi::Function::New(
                           env,
                           [weak = std::weak_ptr(job)](const Napi::CallbackInfo&) {
                             if (const auto running = weak.lock()) running->cancel();
                           },
                           "cancel"));
  return handle;
}

Job::Job(Napi::Env env, Turn turn, Work work)
    : environment_(Environment::of(env)),
      run_(
          [this](const std::string& stage, double fraction) {
            report([&](News& news) {
              news.progressed = true;
              news.stage = stage;
              news.fraction = fraction;
            });
          },
          [this](std::string message) { report([&](News& news) { news.messages.push_back(std::move(message)); }); }),
      turn_(turn),
      work_(std::move(work)),
      deferred_(Napi::Promise::Deferred::New(env)) {}

void Job::start(Napi::Env env, const Napi::Object& control) {
  run_.threads = int_argument(control, "threads");
  const Napi::Value on_news = control.Get("onNews");
  signal_ = Signal::New(env, on_news.IsFunction() ? on_news.As<Napi::Function>() : Napi::Function(), "hepatica job", 0,
                        1, new Context{shared_from_this()}, [](Napi::Env, void*, Context* context) { delete context; });
  try {
    thread_ = std::thread([this] { execute(); });
  } catch (const std::system_error&) {
    // No thread starts: nothing was begun, and the loop goes on.
    signal_.Release();
    deferred_.Reject(error_value(env, std::current_exception()));
    return;
  }
  cleanup_hook_ = env.AddCleanupHook(stop_with_environment, this);
  environment_.jobs_in_flight.insert(shared_from_this());
}

void Job::join() {
  if (thread_.joinable()) thread_.join();
}

void Job::execute() {
  try {
    const Line::Turn running(jobs_of_process(), run_);
    std::optional<Line::Turn> turn;
    if (turn_ == Turn::kCpu) turn.emplace(Executor::of(ComputeDevice::cpu()).jobs(), run_);
    if (turn_ == Turn::kFiles) turn.emplace(Executor::files(), run_);
    run_.check_cancelled();
    deliver_ = std::exchange(work_, nullptr)(run_);
    run_.begin_stage("done", 1, 1);
  } catch (...) {
    failure_ = std::current_exception();
  }
  work_ = nullptr;
  report([](News& news) { news.finished = true; });
  signal_.Release();
}

template <class Change>
void Job::report(Change&& change) {
  const std::lock_guard lock(mutex_);
  change(news_);
  // Fails only while the environment goes away: then there is nobody to tell.
  if (!std::exchange(signalled_, true)) signal_.NonBlockingCall();
}

Job::News Job::take_news() {
  const std::lock_guard lock(mutex_);
  signalled_ = false;
  return std::exchange(news_, {});
}

void Job::on_signal(Napi::Env env, Napi::Function on_news, Context* context, void*) {
  // The environment goes away; the context went already, Node drains its queue last.
  if (static_cast<napi_env>(env) == nullptr) return;
  const std::shared_ptr<Job> job = context->job;
  if (job->abandoned_) return;
  const News news = job->take_news();
  if (!on_news.IsEmpty() && (news.progressed || !news.messages.empty())) {
    on_news.Call(
        {Napi::String::New(env, news.stage), Napi::Number::New(env, news.fraction), strings_value(env, news.messages)});
  }
  if (news.finished) job->end(env);
}

void Job::end(Napi::Env env) {
  join();
  cleanup_hook_.Remove(env);
  environment_.jobs_in_flight.erase(shared_from_this());
  settle(env);
  deliver_ = nullptr;
}

void Job::settle(Napi::Env env) {
  try {
    if (failure_) std::rethrow_exception(failure_);
    deferred_.Resolve(deliver_(env));
  } catch (...) {
    deferred_.Reject(error_value(env, std::current_exception()));
  }
}

}  // namespace hepatica::napi
