#include "napi/crop_values.h"

#include "models/encoder3d/encoded_crop.h"

namespace hepatica::napi {

namespace {

using Held = std::shared_ptr<EncodedCrop>;

}  // namespace

// V8 is told of no memory: a process keeps the features of one crop alone, and they go without V8's doing.
Napi::Value crop_value(Napi::Env env, const Held& crop) {
  if (!crop) return env.Null();
  auto object = Napi::Object::New(env);
  object.Set("held",
             Napi::External<Held>::New(env, new Held(crop), [](Napi::BasicEnv, const Held* held) { delete held; }));
  const auto dispose = [weak = std::weak_ptr(crop)](const Napi::CallbackInfo&) {
    if (const Held kept = weak.lock()) kept->drop();
  };
  object.Set("dispose", Napi::Function::New(env, dispose, "dispose"));
  return object;
}

Held held_crop(const Napi::Value& value) {
  if (value.IsNull()) return nullptr;
  return *value.As<Napi::Object>().Get("held").As<Napi::External<Held>>().Data();
}

}  // namespace hepatica::napi
