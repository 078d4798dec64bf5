#include "pipelines/segment_structure.h"

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
#include "ops/polygon.h"
#include "pipelines/perimeters.h"

namespace hepatica::napi {

namespace {

// What a segmentation becomes before it meets JavaScript.
struct Outcome {
  Segmentation segmentation;
  std::shared_ptr<ByteVolume> mask;
  std::shared_ptr<PackedPerimeters> perimeters;
};

Outcome outcome_of(Segmentation segmentation) {
  auto mask = std::make_shared<ByteVolume>(std::move(segmentation.mask));
  auto perimeters = std::make_shared<PackedPerimeters>(pack(segmentation.perimeters));
  segmentation.perimeters.clear();
  return {std::move(segmentation), std::move(mask), std::move(perimeters)};
}

Napi::Value roi_value(Napi::Env env, const std::optional<RegionOfInterest>& roi) {
  if (!roi) return env.Null();
  auto object = Napi::Object::New(env);
  object.Set("boundingBox", box_value(env, roi->bounding_box));
  object.Set("marginMm", roi->margin_mm);
  return object;
}

Napi::Object segmentation_value(Napi::Env env, const Outcome& outcome, const Run& run) {
  const Segmentation& segmentation = outcome.segmentation;
  auto object = Napi::Object::New(env);
  set_geometry(object, outcome.mask->geometry);
  set_run_report(object, run);
  set_judgement(object, segmentation.judgement);
  object.Set("handle", make_handle(env, outcome.mask));
  object.Set("structure", segmentation.structure);
  object.Set("perimeters", perimeters_value(env, outcome.perimeters));
  object.Set("volumeMl", segmentation.volume_ml);
  const auto& box = segmentation.bounding_box;
  object.Set("boundingBox", box ? Napi::Value(box_value(env, *box)) : env.Null());
  object.Set("slices", numbers_value(env, segmentation.slices));
  object.Set("roi", roi_value(env, segmentation.roi));
  object.Set("precision", precision_name(segmentation.precision));
  object.Set("crop", crop_value(env, segmentation.crop));
  return object;
}

SegmentOptions segment_options(const Napi::Object& object, const Napi::Object& control) {
  SegmentOptions options;
  options.device = device_argument(control);
  options.precision = precision_argument(object);
  if (const Napi::Value postprocessing = object.Get("postprocessing"); postprocessing.IsString()) {
    options.postprocessing = Postprocessing::from_json(postprocessing.As<Napi::String>());
  }
  options.keep_features = object.Get("keepFeatures").ToBoolean();
  return options;
}

Napi::Value structures_value(Napi::Env env, const std::vector<StructureInLabels>& structures) {
  return array_value(env, structures, [&](const StructureInLabels& structure) {
    auto object = Napi::Object::New(env);
    object.Set("name", structure.name);
    object.Set("label", structure.label);
    object.Set("volumeMl", structure.volume_ml);
    const auto& box = structure.bounding_box;
    object.Set("boundingBox", box ? Napi::Value(box_value(env, *box)) : env.Null());
    return object;
  });
}

}  // namespace

Napi::Value trace_perimeters_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[1].As<Napi::Object>(), Turn::kCpu,
                   [mask = held_byte_volume(info[0])](Run& run) -> Deliver {
                     const auto packed = std::make_shared<PackedPerimeters>(pack(trace_perimeters(*mask, run)));
                     return [packed](Napi::Env env) -> Napi::Value { return perimeters_value(env, packed); };
                   });
}

Napi::Value fill_polygons_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kCpu,
                   [geometry = geometry_argument(info[0].As<Napi::Object>()),
                    contours = contours_argument(info[1].As<Napi::Object>())](Run& run) -> Deliver {
                     const auto mask = std::make_shared<ByteVolume>(rasterize_contours(contours, geometry, run));
                     return [mask, &run](Napi::Env env) -> Napi::Value { return grid_value(env, mask, run); };
                   });
}

Napi::Value segment_structure_call(const Napi::CallbackInfo& info) {
  return start_job(
      info.Env(), info[3].As<Napi::Object>(), Turn::kNone,
      [volume = held_volume(info[0]), model = model_argument<StructureModel>(info[1]),
       options = segment_options(info[2].As<Napi::Object>(), info[3].As<Napi::Object>())](Run& run) -> Deliver {
        Outcome outcome = outcome_of(segment_structure(*volume, *model, options, run));
        return [outcome = std::move(outcome), &run](Napi::Env env) -> Napi::Value {
          return segmentation_value(env, outcome, run);
        };
      });
}

Napi::Value segment_structures_call(const Napi::CallbackInfo& info) {
  return start_job(
      info.Env(), info[3].As<Napi::Object>(), Turn::kNone,
      [volume = held_volume(info[0]), model = model_argument<Encoder3dModel>(info[1]),
       options = segment_options(info[2].As<Napi::Object>(), info[3].As<Napi::Object>())](Run& run) -> Deliver {
        StructureLabels found = segment_structures(*volume, *model, options, run);
        const auto mask = std::make_shared<ByteVolume>(std::move(found.labels));
        return [found = std::move(found), mask, &run](Napi::Env env) -> Napi::Value {
          auto object = Napi::Object::New(env);
          set_geometry(object, mask->geometry);
          set_run_report(object, run);
          set_judgement(object, found.judgement);
          object.Set("handle", make_handle(env, mask));
          object.Set("structures", structures_value(env, found.structures));
          object.Set("precision", precision_name(found.precision));
          return object;
        };
      });
}

}  // namespace hepatica::napi
