#include <memory>
#include <string>

#include "models/base_model.h"
#include "models/registry.h"
#include "models/structure_model.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "pipelines/preload_model.h"

namespace hepatica::napi {

namespace {

Napi::Object model_value(Napi::Env env, const std::shared_ptr<const NetworkModel>& model) {
  auto metadata = Napi::Object::New(env);
  for (const auto& [key, text] : model->metadata()) metadata.Set(key, text);
  auto object = Napi::Object::New(env);
  object.Set("handle", make_handle(env, model));
  object.Set("kind", model->kind());
  object.Set("structure", model->structure());
  object.Set("architecture", model->architecture());
  object.Set("metadata", metadata);
  object.Set("parameters", static_cast<double>(model->parameter_count()));
  if (const auto* segmenter = dynamic_cast<const StructureModel*>(model.get())) {
    object.Set("postprocessing", segmenter->postprocessing().to_json());
  }
  if (const auto* base = dynamic_cast<const BaseModel*>(model.get())) {
    object.Set("missing", strings_value(env, base->missing()));
    object.Set("surplus", strings_value(env, base->surplus()));
  }
  return object;
}

}  // namespace

Napi::Value load_model_call(const Napi::CallbackInfo& info) {
  const bool paper = string_argument(info[1].As<Napi::Object>(), "network") == "paper";
  return start_job(
      info.Env(), info[2].As<Napi::Object>(), Turn::kFiles, [file = file_argument(info[0]), paper](Run&) -> Deliver {
        return [model = paper ? load_paper_network(file) : load_network_model(file)](Napi::Env env) -> Napi::Value {
          return model_value(env, model);
        };
      });
}

Napi::Value preload_model_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kNone,
                   [model = held_model(info[0]), device = device_argument(info[2].As<Napi::Object>()),
                    choice = precision_argument(info[1].As<Napi::Object>())](Run& run) -> Deliver {
                     return
                         [precision = preload_model(*model, device, choice, run), &run](Napi::Env env) -> Napi::Value {
                           auto object = Napi::Object::New(env);
                           set_run_report(object, run);
                           object.Set("precision", precision_name(precision));
                           return object;
                         };
                   });
}

Napi::Value save_model_call(const Napi::CallbackInfo& info) {
  const bool to_file = info[1].IsString();
  const std::string path = to_file ? info[1].As<Napi::String>().Utf8Value() : std::string();
  const bool half_weights = precision_argument(info[2].As<Napi::Object>()) == PrecisionChoice::kBf16;
  return start_job(info.Env(), info[3].As<Napi::Object>(), Turn::kFiles,
                   [to_file, path, half_weights, model = held_model(info[0])](Run&) -> Deliver {
                     if (to_file) {
                       model->save(path, half_weights);
                       return [](Napi::Env env) -> Napi::Value { return env.Null(); };
                     }
                     const auto bytes = std::make_shared<FileBytes>(model->saved_bytes(half_weights));
                     return [bytes](Napi::Env env) -> Napi::Value { return make_handle(env, bytes); };
                   });
}

}  // namespace hepatica::napi
