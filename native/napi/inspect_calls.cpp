#include <memory>
#include <vector>

#include "napi/arguments.h"
#include "napi/calls.h"
#include "napi/handles.h"
#include "napi/job.h"
#include "napi/results.h"
#include "napi/typed_arrays.h"
#include "pipelines/inspect_network.h"

namespace hepatica::napi {
namespace {

using Maps = std::vector<FeatureMaps>;

Napi::Value maps_value(Napi::Env env, const std::shared_ptr<Maps>& maps) {
  auto array = Napi::Array::New(env, maps->size());
  for (uint32_t i = 0; i < maps->size(); ++i) {
    FeatureMaps& layer = (*maps)[i];
    auto object = Napi::Object::New(env);
    object.Set("name", layer.name);
    object.Set("count", static_cast<double>(layer.count));
    object.Set("width", static_cast<double>(layer.width));
    object.Set("height", static_cast<double>(layer.height));
    object.Set("values", typed_array(env, layer.values, maps));
    array.Set(i, object);
  }
  return array;
}

}  // namespace

Napi::Value inspect_network_call(const Napi::CallbackInfo& info) {
  std::shared_ptr<const ByteVolume> liver;
  if (!info[1].IsNull()) liver = held_byte_volume(info[1]);
  return start_job(info.Env(), info[4].As<Napi::Object>(), Turn::kNone,
                   [volume = held_volume(info[0]), liver, model = held_model(info[2]),
                    slice = int_argument(info[3].As<Napi::Object>(), "slice"),
                    device = device_argument(info[4].As<Napi::Object>())](Run& run) -> Deliver {
                     auto maps =
                         std::make_shared<Maps>(inspect_network(*volume, liver.get(), *model, slice, device, run));
                     return [maps, &run](Napi::Env env) -> Napi::Value {
                       auto object = Napi::Object::New(env);
                       set_run_report(object, run);
                       object.Set("layers", maps_value(env, maps));
                       return object;
                     };
                   });
}

}  // namespace hepatica::napi
