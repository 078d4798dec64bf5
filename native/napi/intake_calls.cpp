#include <memory>
#include <vector>

#include "core/input_file.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/intake.h"
#include "napi/job.h"

namespace hepatica::napi {

namespace {

using Held = std::shared_ptr<SeriesIntake>;

}  // namespace

std::shared_ptr<SeriesIntake> held_intake(const Napi::Value& value) { return *value.As<Napi::External<Held>>().Data(); }

Napi::Value make_bytes_call(const Napi::CallbackInfo& info) {
  const auto file = std::make_shared<FileBytes>();
  file->size = static_cast<size_t>(info[0].As<Napi::Number>().Int64Value());
  file->bytes.reserve(file->size);
  return make_handle(info.Env(), file);
}

Napi::Value open_intake_call(const Napi::CallbackInfo& info) {
  const auto options = info[0].As<Napi::Object>();
  IntakeLimits limits;
  if (options.Get("maxFiles").IsNumber()) limits.most_files = options.Get("maxFiles").As<Napi::Number>().Int64Value();
  if (options.Get("maxVoxels").IsNumber()) {
    limits.most_held_bytes = 4 * options.Get("maxVoxels").As<Napi::Number>().Int64Value();
  }
  auto intake = std::make_unique<Held>(std::make_shared<SeriesIntake>(string_argument(options, "series"), limits));
  return Napi::External<Held>::New(info.Env(), intake.release(), [](Napi::Env, Held* held) { delete held; });
}

Napi::Value fill_intake_call(const Napi::CallbackInfo& info) {
  std::vector<InputFile> in_memory;
  std::vector<std::string> paths;
  const auto files = info[1].As<Napi::Array>();
  for (uint32_t i = 0; i < files.Length(); ++i) {
    InputFile file = file_argument(files.Get(i));
    if (file.memory) {
      in_memory.push_back(std::move(file));
    } else {
      paths.push_back(file.name);
    }
  }
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kFiles,
                   [intake = held_intake(info[0]), paths = std::move(paths),
                    in_memory = std::move(in_memory)](Run& run) mutable -> Deliver {
                     for (std::string& path : paths) intake->add_path(std::move(path));
                     intake->add(std::exchange(in_memory, {}), run);
                     return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
                   });
}

Napi::Value close_intake_call(const Napi::CallbackInfo& info) {
  *held_intake(info[0]) = SeriesIntake();
  return info.Env().Undefined();
}

}  // namespace hepatica::napi
