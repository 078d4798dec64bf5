#include <memory>
#include <vector>

#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "pipelines/compare_studies.h"

namespace hepatica::napi {

namespace {

Napi::Object pairing_value(Napi::Env env, const LesionPairing& pairing) {
  auto object = Napi::Object::New(env);
  object.Set("before", numbers_value(env, pairing.before));
  object.Set("after", numbers_value(env, pairing.after));
  object.Set("distanceMm", number_or_null(env, pairing.distance_mm));
  object.Set("shown", pairing.shown);
  return object;
}

Napi::Object comparison_value(Napi::Env env, const StudyComparison& comparison) {
  auto object = Napi::Object::New(env);
  set_motion(object, comparison.motion);
  object.Set("liverDice", comparison.liver_dice);
  object.Set("pairings", array_value(env, comparison.pairings,
                                     [&](const LesionPairing& pairing) { return pairing_value(env, pairing); }));
  return object;
}

}  // namespace

Napi::Value compare_studies_call(const Napi::CallbackInfo& info) {
  return start_job(
      info.Env(), info[6].As<Napi::Object>(), Turn::kCpu,
      [before = held_volume(info[0]), before_liver = held_byte_volume(info[1]),
       before_lesions = held_byte_volume(info[2]), after = held_volume(info[3]),
       after_liver = held_byte_volume(info[4]), after_lesions = held_byte_volume(info[5])](Run& run) -> Deliver {
        const auto comparison = std::make_shared<StudyComparison>(
            compare_studies({*before, *before_liver, *before_lesions}, {*after, *after_liver, *after_lesions}, run));
        return [comparison, &run](Napi::Env env) -> Napi::Value {
          Napi::Object object = comparison_value(env, *comparison);
          set_run_report(object, run);
          return object;
        };
      });
}

}  // namespace hepatica::napi
