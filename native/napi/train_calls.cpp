#include <string>
#include <utility>

#include "napi/calls.h"
#include "napi/job.h"
#include "pipelines/train_segmenter.h"

namespace hepatica::napi {

Napi::Value train_segmenter_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[1].As<Napi::Object>(),
                   [plan = parse_training_plan(info[0].As<Napi::String>())](JobRun& run) -> Deliver {
                     const auto on_epoch = [&run](const std::string& epoch) { run.tell(epoch); };
                     TrainingResult result = train_segmenter(plan, on_epoch, run);
                     return [result = std::move(result)](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       object.Set("weights", result.weights);
                       object.Set("history", result.history);
                       return object;
                     };
                   });
}

}  // namespace hepatica::napi
