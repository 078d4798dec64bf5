#include <string>
#include <utility>

#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/job.h"
#include "napi/results.h"
#include "pipelines/train_lesion_classifier.h"
#include "pipelines/train_segmenter.h"

namespace hepatica::napi {
namespace {

template <class Plan>
Napi::Value start_training(const Napi::CallbackInfo& info, Plan plan,
                           TrainingResult (*train)(const Plan&, const DeviceChoice&, const EpochCallback&, Run&)) {
  const auto control = info[1].As<Napi::Object>();
  return start_job(info.Env(), control, Turn::kNone,
                   [plan = std::move(plan), device = device_argument(control), train](JobRun& run) -> Deliver {
                     TrainingResult result = train(
                         plan, device, [&run](const std::string& epoch) { run.tell(epoch); }, run);
                     return [result = std::move(result), &run](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       object.Set("weights", result.weights);
                       object.Set("history", result.history);
                       object.Set("warnings", warnings_value(env, run.warnings()));
                       return object;
                     };
                   });
}

template <class Plan>
Napi::Value start_check(const Napi::CallbackInfo& info, Plan plan) {
  const auto control = info[1].As<Napi::Object>();
  return start_job(info.Env(), control, Turn::kFiles,
                   [plan = std::move(plan), device = device_argument(control)](JobRun&) -> Deliver {
                     check_training(plan, device);
                     return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
                   });
}

}  // namespace

Napi::Value check_segmenter_training_call(const Napi::CallbackInfo& info) {
  return start_check(info, parse_structure_plan(info[0].As<Napi::String>()));
}

Napi::Value check_lesion_training_call(const Napi::CallbackInfo& info) {
  return start_check(info, parse_lesion_plan(info[0].As<Napi::String>()));
}

Napi::Value train_segmenter_call(const Napi::CallbackInfo& info) {
  return start_training(info, parse_structure_plan(info[0].As<Napi::String>()), train_segmenter);
}

Napi::Value train_lesion_classifier_call(const Napi::CallbackInfo& info) {
  return start_training(info, parse_lesion_plan(info[0].As<Napi::String>()), train_lesion_classifier);
}

}  // namespace hepatica::napi
