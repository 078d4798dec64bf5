#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/job.h"
#include "napi/results.h"
#include "napi/running_jobs.h"
#include "runtime/device_info.h"

namespace hepatica::napi {

namespace {

Napi::Object cuda_value(Napi::Env env, const DeviceInfo& info) {
  auto cuda = Napi::Object::New(env);
  cuda.Set("available", !info.cuda_devices.empty());
  cuda.Set("devices", strings_value(env, info.cuda_devices));
  cuda.Set("networks", info.cuda_networks);
  cuda.Set("reason", info.cuda_reason);
  return cuda;
}

Napi::Object cpu_value(Napi::Env env, const DeviceInfo& info) {
  auto cpu = Napi::Object::New(env);
  cpu.Set("features", strings_value(env, info.cpu_features));
  cpu.Set("bf16", info.cpu_bf16);
  cpu.Set("threads", info.threads);
  return cpu;
}

Napi::Object jobs_value(Napi::Env env) {
  const RunningJobs::Counts counts = RunningJobs::of_process().counts();
  auto jobs = Napi::Object::New(env);
  jobs.Set("concurrency", counts.concurrency);
  jobs.Set("running", counts.running);
  jobs.Set("waiting", counts.waiting);
  return jobs;
}

}  // namespace

Napi::Value device_info_call(const Napi::CallbackInfo& info) {
  // Asking the driver may take a second: a job too, but one that answers while others wait for their turn.
  const Work work = [](Run& run) -> Deliver {
    return [found = device_info(run)](Napi::Env env) -> Napi::Value {
      auto object = Napi::Object::New(env);
      object.Set("libtorch", found.libtorch_version);
      object.Set("cuda", cuda_value(env, found));
      object.Set("cpu", cpu_value(env, found));
      object.Set("jobs", jobs_value(env));
      return object;
    };
  };
  return start_job(info.Env(), info[0].As<Napi::Object>(), work, Turn::kAtOnce);
}

Napi::Value set_concurrency_call(const Napi::CallbackInfo& info) {
  RunningJobs::of_process().set_concurrency(int_argument(info[0].As<Napi::Object>(), "concurrency"));
  return info.Env().Undefined();
}

Napi::Value stop_jobs_call(const Napi::CallbackInfo& info) {
  RunningJobs::of_process().stop();
  return info.Env().Undefined();
}

}  // namespace hepatica::napi
