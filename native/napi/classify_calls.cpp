#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/crop_values.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/perimeter_values.h"
#include "napi/results.h"
#include "napi/typed_arrays.h"
#include "pipelines/classify_lesions.h"

namespace hepatica::napi {

namespace {

// A lesion's slices in one array: slice, first and last x, first and last y, pixels.
std::vector<int32_t> pack_slices(const std::vector<LesionSlice>& slices) {
  std::vector<int32_t> packed;
  for (const LesionSlice& part : slices) {
    for (const int64_t value :
         {part.slice, part.box.min[0], part.box.max[0], part.box.min[1], part.box.max[1], part.pixels}) {
      packed.push_back(static_cast<int32_t>(value));
    }
  }
  return packed;
}

// What a classification becomes before it meets JavaScript.
struct Outcome {
  struct Packed {
    std::vector<int32_t> slices;
    std::shared_ptr<PackedPerimeters> perimeters;
  };

  LesionClassification classification;
  std::shared_ptr<ByteVolume> mask;
  std::vector<std::shared_ptr<Packed>> packed;
};

Outcome outcome_of(LesionClassification classification) {
  Outcome outcome;
  outcome.mask = std::make_shared<ByteVolume>(std::move(classification.mask));
  for (Lesion& lesion : classification.lesions) {
    auto perimeters = std::make_shared<PackedPerimeters>(pack(lesion.perimeters));
    outcome.packed.push_back(
        std::make_shared<Outcome::Packed>(Outcome::Packed{pack_slices(lesion.slices), std::move(perimeters)}));
    lesion.perimeters.clear();
  }
  outcome.classification = std::move(classification);
  return outcome;
}

// As src/lesions/classification-types.ts has it; null where none is told.
Napi::Value octant_value(Napi::Env env, const std::optional<LiverOctant>& octant) {
  if (!octant) return env.Null();
  struct Name {
    const char* side;
    const char* sector;
    const char* lower;
    const char* upper;
  };
  constexpr std::array<Name, 4> kNames = {{{"right", "posterior", "VI", "VII"},
                                           {"right", "anterior", "V", "VIII"},
                                           {"left", "medial", "IVb", "IVa"},
                                           {"left", "lateral", "III", "II"}}};
  const Name& name = kNames[static_cast<size_t>(octant->sector)];
  auto object = Napi::Object::New(env);
  object.Set("side", name.side);
  object.Set("sector", name.sector);
  object.Set("level", octant->upper ? "upper" : "lower");
  object.Set("couinaud", octant->upper ? name.upper : name.lower);
  return object;
}

Napi::Object signs_value(Napi::Env env, const PhaseSigns& signs) {
  auto object = Napi::Object::New(env);
  object.Set("liverHu", signs.liver_hu);
  object.Set("meanHu", signs.mean_hu);
  object.Set("coreHu", signs.core_hu);
  object.Set("rimHu", signs.rim_hu);
  object.Set("brightestHu", signs.brightest_hu);
  object.Set("darkestHu", signs.darkest_hu);
  return object;
}

Napi::Value arterial_signs_value(Napi::Env env, const std::optional<ArterialSigns>& signs) {
  if (!signs) return env.Null();
  auto object = Napi::Object::New(env);
  object.Set("arterial", signs_value(env, signs->arterial));
  object.Set("portal", signs_value(env, signs->portal));
  object.Set("portalProbabilities", numbers_value(env, signs->portal_probabilities));
  return object;
}

Napi::Object phase_value(Napi::Env env, const ArterialPhase& phase) {
  auto object = Napi::Object::New(env);
  set_motion(object, phase.motion);
  object.Set("agreement", phase.agreement);
  object.Set("covered", phase.covered);
  object.Set("contrast", contrast_value(env, phase.contrast));
  return object;
}

Napi::Object lesion_value(Napi::Env env, const Lesion& lesion, const std::shared_ptr<Outcome::Packed>& packed) {
  auto object = Napi::Object::New(env);
  object.Set("id", lesion.id);
  object.Set("type", std::string(kLesionCodes[class_channel(lesion.type)]));
  object.Set("probabilities", numbers_value(env, lesion.probabilities));
  object.Set("indeterminate", Napi::Boolean::New(env, lesion.indeterminate));
  object.Set("malignant", Napi::Boolean::New(env, is_malignant(lesion.type)));
  object.Set("detectionProbability", lesion.detection_probability);
  object.Set("boundingBox", box_value(env, lesion.box));
  object.Set("slices", typed_array(env, packed->slices, packed));
  object.Set("perimeters", perimeters_value(env, packed->perimeters));
  object.Set("volumeMl", lesion.volume_ml);
  object.Set("diameterMm", lesion.diameter_mm);
  object.Set("perpendicularMm", lesion.perpendicular_mm);
  object.Set("diameterSlice", static_cast<double>(lesion.diameter_slice));
  object.Set("recistMeasurable", Napi::Boolean::New(env, lesion.recist_measurable));
  object.Set("surfaceDistanceMm", number_or_null(env, lesion.surface_distance_mm));
  object.Set("octant", octant_value(env, lesion.octant));
  object.Set("sphericity", lesion.look.sphericity);
  object.Set("marginSharpness", number_or_null(env, lesion.look.sharpness_per_mm));
  object.Set("meanHu", lesion.mean_hu);
  object.Set("sdHu", lesion.sd_hu);
  object.Set("centre", numbers_value(env, lesion.centre));
  object.Set("centreMm", numbers_value(env, lesion.centre_mm));
  object.Set("arterial", arterial_signs_value(env, lesion.arterial));
  return object;
}

Napi::Object classification_value(Napi::Env env, const Outcome& outcome, const Run& run) {
  const LesionClassification& classification = outcome.classification;
  auto object = Napi::Object::New(env);
  set_geometry(object, outcome.mask->geometry);
  set_run_report(object, run);
  set_judgement(object, classification.judgement);
  object.Set("handle", make_handle(env, outcome.mask));
  auto lesions = Napi::Array::New(env, classification.lesions.size());
  for (uint32_t i = 0; i < lesions.Length(); ++i) {
    lesions.Set(i, lesion_value(env, classification.lesions[i], outcome.packed[i]));
  }
  object.Set("lesions", lesions);
  object.Set("liverMl", classification.liver_ml);
  object.Set("threshold", classification.threshold);
  object.Set("extentThreshold", classification.extent_threshold);
  object.Set("minimumMl", classification.minimum_ml);
  object.Set("indeterminateBelow", classification.indeterminate_below);
  object.Set("precision", precision_name(classification.precision));
  if (classification.arterial) object.Set("arterial", phase_value(env, *classification.arterial));
  return object;
}

ClassifyOptions classify_options(const Napi::Object& object, const Napi::Object& control) {
  ClassifyOptions options;
  options.device = device_argument(control);
  options.precision = precision_argument(object);
  if (object.Get("threshold").IsNumber()) options.threshold = number_argument(object, "threshold");
  if (object.Get("extentThreshold").IsNumber()) {
    options.extent_threshold = number_argument(object, "extentThreshold");
  }
  if (object.Get("minimumMl").IsNumber()) options.minimum_ml = number_argument(object, "minimumMl");
  return options;
}

}  // namespace

Napi::Value classify_lesions_call(const Napi::CallbackInfo& info) {
  std::shared_ptr<const Volume> arterial;
  if (!info[3].IsNull()) arterial = held_volume(info[3]);
  const std::shared_ptr<EncodedCrop> crop = held_crop(info[4]);
  const auto control = info[6].As<Napi::Object>();
  ClassifyOptions options = classify_options(info[5].As<Napi::Object>(), control);
  options.arterial = arterial.get();
  options.crop = crop.get();
  return start_job(info.Env(), control, Turn::kNone,
                   [volume = held_volume(info[0]), liver = held_byte_volume(info[1]),
                    model = model_argument<LesionModel>(info[2]), arterial, crop, options](Run& run) -> Deliver {
                     Outcome outcome = outcome_of(classify_lesions(*volume, *liver, *model, options, run));
                     return [outcome = std::move(outcome), &run](Napi::Env env) -> Napi::Value {
                       return classification_value(env, outcome, run);
                     };
                   });
}

}  // namespace hepatica::napi
