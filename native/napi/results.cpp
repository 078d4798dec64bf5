#include "napi/results.h"

#include <array>

#include "pipelines/arterial_phase.h"

namespace hepatica::napi {

Napi::Object box_value(Napi::Env env, const BoundingBox& box) {
  auto object = Napi::Object::New(env);
  object.Set("min", numbers_value(env, box.min));
  object.Set("max", numbers_value(env, box.max));
  return object;
}

const char* precision_name(Precision precision) {
  if (precision == Precision::kTf32) return "tf32";
  return precision == Precision::kBf16 ? "bf16" : "fp32";
}

Napi::Object warning_value(Napi::Env env, const Warning& warning) {
  auto object = Napi::Object::New(env);
  object.Set("code", warning.code);
  object.Set("message", warning.message);
  return object;
}

Napi::Array strings_value(Napi::Env env, const std::vector<std::string>& strings) {
  return array_value(env, strings, [&](const std::string& text) { return Napi::String::New(env, text); });
}

Napi::Array warnings_value(Napi::Env env, const std::vector<Warning>& warnings) {
  return array_value(env, warnings, [&](const Warning& warning) { return warning_value(env, warning); });
}

void set_geometry(Napi::Object object, const Geometry& geometry) {
  const Napi::Env env = object.Env();
  object.Set("size", numbers_value(env, geometry.size));
  object.Set("spacing", numbers_value(env, geometry.spacing_mm));
  object.Set("origin", numbers_value(env, geometry.origin_mm));
  object.Set("direction", numbers_value(env, geometry.direction));
}

void set_motion(Napi::Object object, const RigidMotion& motion) {
  const RigidMap map(motion);
  object.Set("rotation", numbers_value(object.Env(), map.rotation()));
  object.Set("offsetMm", numbers_value(object.Env(), map.offset()));
}

Napi::Object contrast_value(Napi::Env env, const Contrast& contrast) {
  constexpr std::array<const char*, 5> kNames = {"unknown", "non-contrast", "arterial", "portal-venous", "late"};
  auto object = Napi::Object::New(env);
  object.Set("phase", kNames[static_cast<size_t>(contrast.phase)]);
  object.Set("aortaHu", number_or_null(env, contrast.aorta_hu));
  object.Set("liverHu", number_or_null(env, contrast.liver_hu));
  return object;
}

void set_judgement(Napi::Object object, const Judgement& judgement) {
  constexpr std::array<const char*, 3> kNames = {"plausible", "doubtful", "implausible"};
  object.Set("plausibility", kNames[static_cast<size_t>(judgement.plausibility)]);
  object.Set("plausibilityReasons", warnings_value(object.Env(), judgement.reasons));
  if (judgement.contrast) object.Set("contrast", contrast_value(object.Env(), *judgement.contrast));
}

void set_run_report(Napi::Object object, const Run& run) {
  const Napi::Env env = object.Env();
  auto timings = Napi::Object::New(env);
  for (const auto& [stage, milliseconds] : run.timings_ms()) timings.Set(stage, milliseconds);
  object.Set("device", run.device_used());
  object.Set("timings", timings);
  object.Set("warnings", warnings_value(env, run.warnings()));
}

}  // namespace hepatica::napi
