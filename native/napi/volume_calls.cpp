#include <memory>
#include <string>
#include <utility>

#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "ops/preprocess.h"
#include "pipelines/evaluate.h"

namespace hepatica::napi {

namespace {

PreprocessOptions preprocess_options(const Napi::Object& object) {
  PreprocessOptions options;
  options.hu_min = int_argument(object, "huMin");
  options.hu_max = int_argument(object, "huMax");
  const std::string equalization = string_argument(object, "equalization");
  if (equalization == "clahe") options.equalization = Equalization::kClahe;
  if (equalization == "none") options.equalization = Equalization::kNone;
  return options;
}

RvdConvention rvd_convention(const std::string& name) {
  if (name == "standard") return RvdConvention::kStandard;
  return name == "lits" ? RvdConvention::kLits : RvdConvention::kPaper;
}

Napi::Object metrics_value(Napi::Env env, const SegmentationMetrics& metrics) {
  auto object = Napi::Object::New(env);
  object.Set("dice", metrics.dice);
  object.Set("voe", metrics.voe);
  object.Set("rvd", metrics.rvd ? Napi::Value(Napi::Number::New(env, *metrics.rvd)) : env.Null());
  object.Set("predictionVoxels", static_cast<double>(metrics.prediction_voxels));
  object.Set("referenceVoxels", static_cast<double>(metrics.reference_voxels));
  object.Set("predictionMl", metrics.prediction_ml);
  object.Set("referenceMl", metrics.reference_ml);
  return object;
}

}  // namespace

Napi::Value preprocess_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(),
                   [volume = volume_argument(info[0]),
                    options = preprocess_options(info[1].As<Napi::Object>())](Run& run) -> Deliver {
                     Preprocessed stages = preprocess_stages(*volume, options, run);
                     const auto equalized = std::make_shared<ByteVolume>(std::move(stages.equalized));
                     const auto clipped = std::make_shared<ByteVolume>(std::move(stages.clipped));
                     return [equalized, clipped, &run](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       set_geometry(object, equalized->geometry);
                       set_run_report(object, run);
                       object.Set("handle", make_handle(env, equalized));
                       object.Set("clipped", make_handle(env, clipped));
                       return object;
                     };
                   });
}

Napi::Value evaluate_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[3].As<Napi::Object>(),
                   [prediction = byte_volume_argument(info[0]), reference = byte_volume_argument(info[1]),
                    convention = rvd_convention(info[2].As<Napi::String>())](Run& run) -> Deliver {
                     const SegmentationMetrics metrics =
                         evaluate_segmentation(*prediction, *reference, convention, run);
                     return [metrics](Napi::Env env) -> Napi::Value { return metrics_value(env, metrics); };
                   });
}

}  // namespace hepatica::napi
