// C++ values as JavaScript ones, in the shapes of src/types.ts.
#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "napi/handles.h"
#include "ops/bounding_box.h"
#include "pipelines/plausibility.h"
#include "runtime/precision.h"

namespace hepatica {
struct RigidMotion;
}

namespace hepatica::napi {

template <class Range, class Convert>
Napi::Array array_value(Napi::Env env, const Range& range, Convert&& convert) {
  auto array = Napi::Array::New(env, range.size());
  uint32_t index = 0;
  for (const auto& item : range) array.Set(index++, convert(item));
  return array;
}

template <class Numbers>
Napi::Array numbers_value(Napi::Env env, const Numbers& numbers) {
  return array_value(env, numbers, [&](auto number) { return Napi::Number::New(env, static_cast<double>(number)); });
}

template <class Number>
Napi::Value number_or_null(Napi::Env env, const std::optional<Number>& number) {
  return number ? Napi::Value(Napi::Number::New(env, static_cast<double>(*number))) : env.Null();
}

// { min, max }
Napi::Object box_value(Napi::Env env, const BoundingBox& box);
const char* precision_name(Precision precision);

Napi::Array strings_value(Napi::Env env, const std::vector<std::string>& strings);
Napi::Object warning_value(Napi::Env env, const Warning& warning);
Napi::Array warnings_value(Napi::Env env, const std::vector<Warning>& warnings);

// Sets size, spacing, origin and direction.
void set_geometry(Napi::Object object, const Geometry& geometry);

// Sets rotation (row-major) and offsetMm: x goes to rotation * x + offset.
void set_motion(Napi::Object object, const RigidMotion& motion);

Napi::Object contrast_value(Napi::Env env, const Contrast& contrast);

// Sets plausibility and plausibilityReasons.
void set_judgement(Napi::Object object, const Judgement& judgement);

// Sets device, timings (ms by stage) and warnings: what the run reports.
void set_run_report(Napi::Object object, const Run& run);

// A grid of voxels in native memory, with its geometry and what the run reports.
template <class Grid>
Napi::Object grid_value(Napi::Env env, const std::shared_ptr<Grid>& grid, const Run& run) {
  auto object = Napi::Object::New(env);
  set_geometry(object, grid->geometry);
  set_run_report(object, run);
  object.Set("handle", make_handle(env, grid));
  return object;
}

}  // namespace hepatica::napi
