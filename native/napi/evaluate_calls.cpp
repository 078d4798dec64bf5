#include "pipelines/evaluate.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "pipelines/evaluate_lesions.h"

namespace hepatica::napi {

namespace {

RvdConvention rvd_convention(const std::string& name) {
  if (name == "standard") return RvdConvention::kStandard;
  return name == "lits" ? RvdConvention::kLits : RvdConvention::kPaper;
}

void set_overlap(Napi::Object object, const SegmentationMetrics& metrics) {
  object.Set("dice", metrics.dice);
  object.Set("voe", metrics.voe);
  object.Set("rvd", number_or_null(object.Env(), metrics.rvd));
}

Napi::Object metrics_value(Napi::Env env, const SegmentationMetrics& metrics) {
  auto object = Napi::Object::New(env);
  set_overlap(object, metrics);
  object.Set("predictionVoxels", static_cast<double>(metrics.prediction_voxels));
  object.Set("referenceVoxels", static_cast<double>(metrics.reference_voxels));
  object.Set("predictionMl", metrics.prediction_ml);
  object.Set("referenceMl", metrics.reference_ml);
  return object;
}

Napi::Object agreement_value(Napi::Env env, const SegmentationAgreement& agreement) {
  Napi::Object object = metrics_value(env, agreement.overlap);
  object.Set("hd95Mm", number_or_null(env, agreement.surface.hd95_mm));
  object.Set("surfaceDice", agreement.surface.surface_dice);
  return object;
}

LesionMaskValues mask_values(const std::string& name) {
  if (name == "ids") return LesionMaskValues::kIds;
  return name == "types" ? LesionMaskValues::kTypes : LesionMaskValues::kBinary;
}

Napi::Value type_value(Napi::Env env, LesionType type) {
  const int channel = class_channel(type);
  if (channel < 0) return env.Null();
  return Napi::String::New(env, std::string(kLesionCodes[channel]));
}

Napi::Array lesions_value(Napi::Env env, const std::vector<LesionInstance>& lesions, double voxel_ml) {
  return array_value(env, lesions, [&](const LesionInstance& lesion) {
    auto object = Napi::Object::New(env);
    object.Set("id", static_cast<double>(lesion.id));
    object.Set("type", type_value(env, lesion.type));
    object.Set("volumeMl", static_cast<double>(lesion.voxels) * voxel_ml);
    return object;
  });
}

template <class Integers>
Napi::Array indices_value(Napi::Env env, const Integers& indices) {
  return array_value(env, indices, [&](auto index) { return Napi::Number::New(env, static_cast<double>(index)); });
}

Napi::Object pair_value(Napi::Env env, const LesionPair& pair) {
  auto object = Napi::Object::New(env);
  object.Set("predictions", indices_value(env, pair.predictions));
  object.Set("references", indices_value(env, pair.references));
  object.Set("iou", pair.iou());
  object.Set("dice", dice(pair.overlap));
  return object;
}

Napi::Object detection_value(Napi::Env env, const LesionDetection& detection, double iou_limit) {
  auto object = Napi::Object::New(env);
  object.Set("iouLimit", iou_limit);
  object.Set("tp", static_cast<double>(detection.tp));
  object.Set("fp", static_cast<double>(detection.fp));
  object.Set("fn", static_cast<double>(detection.fn));
  object.Set("merged", static_cast<double>(detection.merged));
  object.Set("split", static_cast<double>(detection.split));
  return object;
}

Napi::Object lesion_evaluation_value(Napi::Env env, const LesionEvaluation& evaluation) {
  const LesionMatching& matching = evaluation.matching;
  auto object = Napi::Object::New(env);
  object.Set("metrics", metrics_value(env, evaluation.metrics));
  object.Set("intersectionVoxels", static_cast<double>(matching.overlap.tp));
  object.Set("predictions", lesions_value(env, evaluation.predictions, evaluation.voxel_ml));
  object.Set("references", lesions_value(env, evaluation.references, evaluation.voxel_ml));
  object.Set("pairs", array_value(env, matching.pairs, [&](const LesionPair& pair) { return pair_value(env, pair); }));
  object.Set("predictionOf", indices_value(env, matching.prediction_of));
  object.Set("detections", array_value(env, kIouLimits, [&](double limit) {
               return detection_value(env, count_detections(matching, limit), limit);
             }));
  return object;
}

}  // namespace

Napi::Value evaluate_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[3].As<Napi::Object>(), Turn::kCpu,
                   [prediction = held_byte_volume(info[0]), reference = held_byte_volume(info[1]),
                    convention = rvd_convention(info[2].As<Napi::String>())](Run& run) -> Deliver {
                     const SegmentationAgreement agreement =
                         evaluate_segmentation(*prediction, *reference, convention, run);
                     return [agreement](Napi::Env env) -> Napi::Value { return agreement_value(env, agreement); };
                   });
}

Napi::Value overlap_figures_call(const Napi::CallbackInfo& info) {
  const Overlap overlap = {info[0].As<Napi::Number>().Int64Value(), info[1].As<Napi::Number>().Int64Value(),
                           info[2].As<Napi::Number>().Int64Value()};
  auto object = Napi::Object::New(info.Env());
  set_overlap(object, metrics_of(overlap, 0, rvd_convention(info[3].As<Napi::String>())));
  return object;
}

Napi::Value evaluate_lesions_call(const Napi::CallbackInfo& info) {
  const auto options = info[2].As<Napi::Object>();
  return start_job(
      info.Env(), info[3].As<Napi::Object>(), Turn::kCpu,
      [prediction = held_byte_volume(info[0]), reference = held_byte_volume(info[1]),
       prediction_values = mask_values(string_argument(options, "predictionValues")),
       reference_values = mask_values(string_argument(options, "referenceValues")),
       convention = rvd_convention(string_argument(options, "convention"))](Run& run) -> Deliver {
        const auto evaluation = std::make_shared<LesionEvaluation>(
            evaluate_lesions({*prediction, prediction_values}, {*reference, reference_values}, convention, run));
        return [evaluation](Napi::Env env) -> Napi::Value { return lesion_evaluation_value(env, *evaluation); };
      });
}

}  // namespace hepatica::napi
