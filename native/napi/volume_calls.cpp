#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "core/huge_pages.h"
#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "ops/equalization_names.h"
#include "pipelines/preprocess_volume.h"

namespace hepatica::napi {

namespace {

PreprocessOptions preprocess_options(const Napi::Object& object) {
  PreprocessOptions options;
  std::tie(options.hu_min, options.hu_max) = range_argument(object, "window");
  const std::string equalization = string_argument(object, "equalization");
  for (const auto& [name, kind] : kEqualizationNames) {
    if (equalization == name) options.equalization = kind;
  }
  return options;
}

}  // namespace

Napi::Value make_volume_call(const Napi::CallbackInfo& info) {
  const auto volume = std::make_shared<Volume>();
  volume->geometry = geometry_argument(info[0].As<Napi::Object>());
  if (info[1].As<Napi::Boolean>()) volume->hu.emplace<std::vector<float>>();
  const auto count = static_cast<size_t>(volume->geometry.voxel_count());
  std::visit([&](auto& hu) { reserve_on_huge_pages(hu, count); }, volume->hu);
  return make_handle(info.Env(), volume);
}

Napi::Value make_mask_call(const Napi::CallbackInfo& info) {
  const auto mask = std::make_shared<ByteVolume>();
  mask->geometry = geometry_argument(info[0].As<Napi::Object>());
  reserve_on_huge_pages(mask->voxels, static_cast<size_t>(mask->geometry.voxel_count()));
  return make_handle(info.Env(), mask);
}

Napi::Value preprocess_call(const Napi::CallbackInfo& info) {
  return start_job(info.Env(), info[2].As<Napi::Object>(), Turn::kNone,
                   [volume = held_volume(info[0]), options = preprocess_options(info[1].As<Napi::Object>()),
                    device = device_argument(info[2].As<Napi::Object>())](Run& run) -> Deliver {
                     Preprocessed stages = preprocess_volume(*volume, options, device, run);
                     const auto equalized = std::make_shared<ByteVolume>(std::move(stages.equalized));
                     const auto clipped = std::make_shared<ByteVolume>(std::move(stages.clipped));
                     return [equalized, clipped, &run](Napi::Env env) -> Napi::Value {
                       Napi::Object object = grid_value(env, equalized, run);
                       object.Set("clipped", make_handle(env, clipped));
                       return object;
                     };
                   });
}

}  // namespace hepatica::napi
