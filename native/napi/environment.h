// What belongs to one JavaScript environment (the main thread or a worker): kept as instance data, freed with it.
#pragma once

#include <napi.h>

#include <memory>
#include <unordered_set>

namespace hepatica::napi {

class Job;

// Used on the environment's own thread alone.
struct Environment {
  std::unordered_set<std::shared_ptr<Job>> jobs_in_flight;
  Napi::FunctionReference volume_handle;
  Napi::FunctionReference byte_volume_handle;
  Napi::FunctionReference model_handle;
  Napi::FunctionReference bytes_handle;

  // Creates the instance data; the first environment of the process also does the process-wide set-up.
  static void set_up(Napi::Env env);
  static Environment& of(Napi::Env env);
};

}  // namespace hepatica::napi
