#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/job.h"
#include "napi/results.h"
#include "runtime/device_info.h"
#include "runtime/executor.h"

namespace hepatica::napi {

namespace {

Napi::Object cuda_value(Napi::Env env, const DeviceInfo& info) {
  auto cuda = Napi::Object::New(env);
  cuda.Set("available", !info.cuda_devices.empty());
  cuda.Set("devices", strings_value(env, info.cuda_devices));
  cuda.Set("networks", info.cuda_networks);
  cuda.Set("reason", info.cuda_reason);
  cuda.Set("networksReason", info.cuda_networks_reason);
  return cuda;
}

Napi::Object cpu_value(Napi::Env env, const DeviceInfo& info) {
  auto cpu = Napi::Object::New(env);
  cpu.Set("features", strings_value(env, info.cpu_features));
  cpu.Set("bf16", info.cpu_bf16);
  cpu.Set("threads", info.threads);
  return cpu;
}

// Of all lines together.
Napi::Object jobs_value(Napi::Env env, const DeviceInfo& info) {
  Line::Counts sum = info.files;
  for (const DeviceInfo::Queue& queue : info.queues) {
    sum.running += queue.jobs.running;
    sum.waiting += queue.jobs.waiting;
  }
  auto jobs = Napi::Object::New(env);
  jobs.Set("concurrency", sum.places);
  jobs.Set("running", sum.running);
  jobs.Set("waiting", sum.waiting);
  return jobs;
}

Napi::Array queues_value(Napi::Env env, const DeviceInfo& info) {
  return array_value(env, info.queues, [&](const DeviceInfo::Queue& queue) {
    auto object = Napi::Object::New(env);
    object.Set("device", queue.device);
    object.Set("concurrency", queue.jobs.places);
    object.Set("running", queue.jobs.running);
    object.Set("waiting", queue.jobs.waiting);
    return object;
  });
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
      object.Set("jobs", jobs_value(env, found));
      object.Set("queues", queues_value(env, found));
      return object;
    };
  };
  return start_job(info.Env(), info[0].As<Napi::Object>(), Turn::kNone, work);
}

Napi::Value set_concurrency_call(const Napi::CallbackInfo& info) {
  Executor::set_concurrency(int_argument(info[0].As<Napi::Object>(), "concurrency"));
  return info.Env().Undefined();
}

Napi::Value stop_jobs_call(const Napi::CallbackInfo& info) {
  jobs_of_process().stop();
  return info.Env().Undefined();
}

}  // namespace hepatica::napi
