#include "pipelines/segment_structure.h"

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
#include "napi/typed_arrays.h"
#include "pipelines/perimeters.h"

namespace hepatica::napi {

namespace {

// All perimeters in five arrays: thousands of small typed arrays would take the event loop's time.
struct PackedPerimeters {
  std::vector<int32_t> slices;
  std::vector<uint8_t> holes;
  // Points before each perimeter, and all of them.
  std::vector<uint32_t> starts = {0};
  std::vector<float> pixels;
  std::vector<float> mm;
};

PackedPerimeters pack(const std::vector<Perimeter>& perimeters) {
  PackedPerimeters packed;
  for (const Perimeter& perimeter : perimeters) {
    packed.slices.push_back(static_cast<int32_t>(perimeter.slice));
    packed.holes.push_back(perimeter.hole ? 1 : 0);
    packed.pixels.insert(packed.pixels.end(), perimeter.pixels.begin(), perimeter.pixels.end());
    packed.mm.insert(packed.mm.end(), perimeter.mm.begin(), perimeter.mm.end());
    packed.starts.push_back(static_cast<uint32_t>(packed.pixels.size() / 2));
  }
  return packed;
}

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

Napi::Object perimeters_value(Napi::Env env, const std::shared_ptr<PackedPerimeters>& packed) {
  auto object = Napi::Object::New(env);
  object.Set("slices", typed_array(env, packed->slices, packed));
  object.Set("holes", typed_array(env, packed->holes, packed));
  object.Set("starts", typed_array(env, packed->starts, packed));
  object.Set("pixels", typed_array(env, packed->pixels, packed));
  object.Set("mm", typed_array(env, packed->mm, packed));
  return object;
}

template <class Integers>
Napi::Array integers_value(Napi::Env env, const Integers& integers) {
  return array_value(env, integers, [&](int64_t value) { return Napi::Number::New(env, static_cast<double>(value)); });
}

Napi::Object box_value(Napi::Env env, const BoundingBox& box) {
  auto object = Napi::Object::New(env);
  object.Set("min", integers_value(env, box.min));
  object.Set("max", integers_value(env, box.max));
  return object;
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
  object.Set("handle", make_handle(env, outcome.mask));
  object.Set("structure", segmentation.structure);
  object.Set("perimeters", perimeters_value(env, outcome.perimeters));
  object.Set("volumeMl", segmentation.volume_ml);
  const auto& box = segmentation.bounding_box;
  object.Set("boundingBox", box ? Napi::Value(box_value(env, *box)) : env.Null());
  object.Set("slices", integers_value(env, segmentation.slices));
  object.Set("roi", roi_value(env, segmentation.roi));
  object.Set("precision", segmentation.precision == Precision::kBf16 ? "bf16" : "fp32");
  return object;
}

SegmentOptions segment_options(const Napi::Object& object) {
  SegmentOptions options;
  const std::string precision = string_argument(object, "precision");
  if (precision == "fp32") options.precision = PrecisionChoice::kFp32;
  if (precision == "bf16") options.precision = PrecisionChoice::kBf16;
  return options;
}

}  // namespace

Napi::Value trace_perimeters_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[1].As<Napi::Object>(), [mask = byte_volume_argument(info[0])](Run& run) -> Deliver {
    const auto packed = std::make_shared<PackedPerimeters>(pack(trace_perimeters(*mask, run)));
    return [packed](Napi::Env env) -> Napi::Value { return perimeters_value(env, packed); };
  });
}

Napi::Value segment_structure_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[3].As<Napi::Object>(),
                   [volume = volume_argument(info[0]), model = model_argument(info[1]),
                    options = segment_options(info[2].As<Napi::Object>())](Run& run) -> Deliver {
                     Outcome outcome = outcome_of(segment_structure(*volume, *model, options, run));
                     return [outcome = std::move(outcome), &run](Napi::Env env) -> Napi::Value {
                       return segmentation_value(env, outcome, run);
                     };
                   });
}

}  // namespace hepatica::napi
