#include <cstdint>
#include <memory>
#include <numbers>
#include <string>
#include <tuple>
#include <utility>

#include "core/lesion.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "synthesis/synthetic_lesions.h"

namespace hepatica::napi {

namespace {

Vec3 vector_argument(const Napi::Object& object, const char* name) {
  const auto values = object.Get(name).As<Napi::Array>();
  Vec3 vector;
  for (uint32_t axis = 0; axis < 3; ++axis) vector[axis] = values.Get(axis).ToNumber().DoubleValue();
  return vector;
}

ArterialScanOptions arterial_options(const Napi::Object& object) {
  ArterialScanOptions options;
  options.angles = vector_argument(object, "arterialTurn");
  for (double& angle : options.angles) angle *= std::numbers::pi / 180;
  options.shift_mm = vector_argument(object, "arterialShiftMm");
  options.slice_mm = number_argument(object, "arterialSliceMm");
  return options;
}

SyntheticLesionOptions synthesis_options(const Napi::Object& object) {
  SyntheticLesionOptions options;
  options.seed = static_cast<uint64_t>(number_argument(object, "seed"));
  options.types.clear();
  for (const std::string& code : strings_argument(object.Get("types"))) {
    for (int channel = 0; channel < kLesionTypes; ++channel) {
      if (kLesionCodes[channel] == code) options.types.push_back(lesion_type(channel));
    }
  }
  std::tie(options.min_count, options.max_count) = range_argument(object, "count");
  options.mixed_probability = number_argument(object, "mixedProbability");
  if (string_argument(object, "phase") == "arterial") options.phase = ContrastPhase::kArterial;
  options.margin_mm = number_argument(object, "marginMm");
  options.max_slice_fraction = number_argument(object, "maxSliceFraction");
  options.spare_vessels = flag_argument(object, "spareVessels");
  if (flag_argument(object, "arterial")) options.arterial = arterial_options(object);
  return options;
}

Napi::Array vector_value(Napi::Env env, const Vec3& vector) {
  return array_value(env, vector, [&](double value) { return Napi::Number::New(env, value); });
}

Napi::Object lesion_value(Napi::Env env, const SyntheticLesion& lesion) {
  auto object = Napi::Object::New(env);
  object.Set("id", lesion.id);
  object.Set("type", std::string(kLesionCodes[class_channel(lesion.type)]));
  object.Set("phase", lesion.phase == ContrastPhase::kArterial ? "arterial" : "portal-venous");
  object.Set("centre", vector_value(env, lesion.centre));
  object.Set("centreMm", vector_value(env, lesion.centre_mm));
  object.Set("semiAxesMm", vector_value(env, lesion.semi_axes_mm));
  object.Set("voxels", static_cast<double>(lesion.voxels));
  object.Set("volumeMl", lesion.volume_ml);
  object.Set("meanHu", lesion.mean_hu);
  object.Set("bodyHu", lesion.body_hu);
  object.Set("liverHu", lesion.liver_hu);
  object.Set("signs", strings_value(env, lesion.signs));
  if (lesion.arterial) {
    auto arterial = Napi::Object::New(env);
    arterial.Set("bodyHu", lesion.arterial->body_hu);
    arterial.Set("meanHu", lesion.arterial->mean_hu);
    arterial.Set("signs", strings_value(env, lesion.arterial->signs));
    object.Set("arterial", arterial);
  }
  return object;
}

Napi::Object arterial_value(Napi::Env env, const SyntheticArterialScan& scan, const std::shared_ptr<Volume>& volume) {
  auto object = Napi::Object::New(env);
  set_geometry(object, volume->geometry);
  object.Set("handle", make_handle(env, volume));
  set_motion(object, scan.motion);
  object.Set("liverHu", scan.liver_hu);
  object.Set("aortaHu", number_or_null(env, scan.aorta_hu));
  return object;
}

}  // namespace

Napi::Value synthesize_lesions_call(const Napi::CallbackInfo& info) {
  std::shared_ptr<const ByteVolume> real_lesions;
  if (!info[2].IsNull()) real_lesions = held_byte_volume(info[2]);
  return start_job(
      info.Env(), info[4].As<Napi::Object>(), Turn::kCpu,
      [volume = held_volume(info[0]), liver = held_byte_volume(info[1]), real_lesions,
       options = synthesis_options(info[3].As<Napi::Object>())](Run& run) -> Deliver {
        SyntheticLesions made = synthesize_lesions(*volume, *liver, real_lesions.get(), options, run);
        const auto scan = std::make_shared<Volume>(std::move(made.volume));
        const auto types = std::make_shared<ByteVolume>(std::move(made.types));
        const auto ids = std::make_shared<ByteVolume>(std::move(made.ids));
        const auto arterial = std::make_shared<std::optional<SyntheticArterialScan>>(std::move(made.arterial));
        return [scan, types, ids, arterial, lesions = std::move(made.lesions), &run](Napi::Env env) -> Napi::Value {
          auto object = Napi::Object::New(env);
          set_geometry(object, scan->geometry);
          set_run_report(object, run);
          object.Set("handle", make_handle(env, scan));
          object.Set("types", make_handle(env, types));
          object.Set("ids", make_handle(env, ids));
          if (*arterial) {
            const auto second = std::make_shared<Volume>(std::move((*arterial)->volume));
            object.Set("arterial", arterial_value(env, **arterial, second));
          }
          object.Set("lesions",
                     array_value(env, lesions, [&](const SyntheticLesion& one) { return lesion_value(env, one); }));
          return object;
        };
      });
}

}  // namespace hepatica::napi
