#include <string>
#include <utility>

#include "models/base_model.h"
#include "models/lesion_model.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/job.h"
#include "napi/results.h"
#include "pipelines/train_lesion_classifier.h"
#include "pipelines/train_segmenter.h"
#include "pipelines/train_structures.h"

namespace hepatica::napi {
namespace {

// `train` is given the device, what tells of an epoch, and the run.
template <class Train>
Napi::Value start_training(const Napi::CallbackInfo& info, const Napi::Object& control, Train train) {
  return start_job(info.Env(), control, Turn::kNone,
                   [train = std::move(train), device = device_argument(control)](JobRun& run) -> Deliver {
                     TrainingResult result = train(
                         device, [&run](const std::string& epoch) { run.tell(epoch); }, run);
                     return [result = std::move(result), &run](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       object.Set("weights", result.weights);
                       object.Set("history", result.history);
                       object.Set("warnings", warnings_value(env, run.warnings()));
                       return object;
                     };
                   });
}

template <class Check>
Napi::Value start_check(const Napi::CallbackInfo& info, const Napi::Object& control, Check check) {
  return start_job(info.Env(), control, Turn::kFiles,
                   [check = std::move(check), device = device_argument(control)](JobRun&) -> Deliver {
                     check(device);
                     return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
                   });
}

LoadedWeights loaded_weights(const Napi::CallbackInfo& info) {
  LoadedWeights loaded;
  if (!info[1].IsNull()) loaded.initial = model_argument<LesionModel>(info[1]);
  if (!info[2].IsNull()) loaded.base = model_argument<BaseModel>(info[2]);
  return loaded;
}

}  // namespace

Napi::Value check_segmenter_training_call(const Napi::CallbackInfo& info) {
  return start_check(info, info[1].As<Napi::Object>(),
                     [plan = parse_structure_plan(info[0].As<Napi::String>())](const DeviceChoice& device) {
                       check_training(plan, device);
                     });
}

Napi::Value check_structures_training_call(const Napi::CallbackInfo& info) {
  return start_check(info, info[1].As<Napi::Object>(),
                     [plan = parse_volume_plan(info[0].As<Napi::String>())](const DeviceChoice& device) {
                       check_training(plan, device);
                     });
}

Napi::Value check_lesion_training_call(const Napi::CallbackInfo& info) {
  return start_check(info, info[3].As<Napi::Object>(),
                     [plan = parse_lesion_plan(info[0].As<Napi::String>()), loaded = loaded_weights(info)](
                         const DeviceChoice& device) { check_training(plan, loaded, device); });
}

Napi::Value train_segmenter_call(const Napi::CallbackInfo& info) {
  return start_training(info, info[1].As<Napi::Object>(),
                        [plan = parse_structure_plan(info[0].As<Napi::String>())](
                            const DeviceChoice& device, const EpochCallback& on_epoch, Run& run) {
                          return train_segmenter(plan, device, on_epoch, run);
                        });
}

Napi::Value train_structures_call(const Napi::CallbackInfo& info) {
  return start_training(info, info[1].As<Napi::Object>(),
                        [plan = parse_volume_plan(info[0].As<Napi::String>())](
                            const DeviceChoice& device, const EpochCallback& on_epoch, Run& run) {
                          return train_structures(plan, device, on_epoch, run);
                        });
}

Napi::Value train_lesion_classifier_call(const Napi::CallbackInfo& info) {
  return start_training(info, info[3].As<Napi::Object>(),
                        [plan = parse_lesion_plan(info[0].As<Napi::String>()), loaded = loaded_weights(info)](
                            const DeviceChoice& device, const EpochCallback& on_epoch, Run& run) {
                          return train_lesion_classifier(plan, loaded, device, on_epoch, run);
                        });
}

}  // namespace hepatica::napi
