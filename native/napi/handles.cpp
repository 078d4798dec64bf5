#include "napi/handles.h"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.h"
#include "napi/environment.h"
#include "napi/typed_arrays.h"

namespace hepatica::napi {

namespace {

Napi::FunctionReference& constructor_of(Napi::Env env, const Volume*) { return Environment::of(env).volume_handle; }
Napi::FunctionReference& constructor_of(Napi::Env env, const ByteVolume*) {
  return Environment::of(env).byte_volume_handle;
}
Napi::FunctionReference& constructor_of(Napi::Env env, const NetworkModel*) {
  return Environment::of(env).model_handle;
}

int64_t bytes_of(const Volume& volume) {
  return std::visit([](const auto& hu) { return static_cast<int64_t>(hu.size() * sizeof(hu[0])); }, volume.hu);
}
int64_t bytes_of(const ByteVolume& volume) { return static_cast<int64_t>(volume.voxels.size()); }
int64_t bytes_of(const NetworkModel&) { return 0; }

Napi::Value voxel_array(Napi::Env env, const std::shared_ptr<Volume>& volume) {
  return std::visit([&](auto& hu) { return typed_array(env, hu, volume); }, volume->hu);
}
Napi::Value voxel_array(Napi::Env env, const std::shared_ptr<ByteVolume>& volume) {
  return typed_array(env, volume->voxels, volume);
}

template <class T>
class Handle : public Napi::ObjectWrap<Handle<T>> {
 public:
  static Napi::Function define(Napi::Env env, const char* name) {
    std::vector<Napi::ClassPropertyDescriptor<Handle>> methods = {Handle::InstanceMethod("dispose", &Handle::dispose)};
    if constexpr (!std::is_const_v<T>) methods.push_back(Handle::InstanceMethod("data", &Handle::data));
    return Handle::DefineClass(env, name, methods);
  }

  // Constructed by make_handle alone, with an External: JavaScript has no way to make one.
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Handle<T>>(info) {
    if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "Handles are made by hepatica's native calls");
    held_ = *info[0].As<Napi::External<std::shared_ptr<T>>>().Data();
    account(info.Env(), bytes_of(*held_));
  }

  void Finalize(Napi::BasicEnv env) override { account(env, 0); }

  // What a job may read while JavaScript goes on.
  std::shared_ptr<const T> share() const {
    if constexpr (!std::is_const_v<T>) {
      if (held_ && handed_out_) return std::make_shared<const T>(*held_);
    }
    return held_;
  }

 private:
  // V8 weighs the memory behind an object only if it is told of it.
  void account(Napi::BasicEnv env, int64_t bytes) {
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes - accounted_bytes_);
    accounted_bytes_ = bytes;
  }

  Napi::Value data(const Napi::CallbackInfo& info) {
    if constexpr (std::is_const_v<T>) {
      return info.Env().Undefined();
    } else {
      if (!held_) return info.Env().Undefined();
      // A job in flight works on these voxels: JavaScript, which may change its array, gets a copy.
      if (held_.use_count() > 1) held_ = std::make_shared<T>(*held_);
      handed_out_ = true;
      account(info.Env(), 0);  // From now on the array buffer counts.
      return voxel_array(info.Env(), held_);
    }
  }

  // Detaches the array that data() gave, so that its memory goes at once.
  void dispose(const Napi::CallbackInfo& info) {
    account(info.Env(), 0);
    held_.reset();
    if (!info[0].IsTypedArray()) return;
    Napi::ArrayBuffer buffer = info[0].As<Napi::TypedArray>().ArrayBuffer();
    if (!buffer.IsDetached()) buffer.Detach();
  }

  std::shared_ptr<T> held_;
  bool handed_out_ = false;
  int64_t accounted_bytes_ = 0;
};

template <class T>
Napi::Object make(Napi::Env env, std::shared_ptr<T> held) {
  return constructor_of(env, held.get()).New({Napi::External<std::shared_ptr<T>>::New(env, &held)});
}

template <class T>
std::shared_ptr<const T> held(const Napi::Value& value) {
  using Held = std::conditional_t<std::is_same_v<T, NetworkModel>, const T, T>;
  if (!value.IsObject()) return nullptr;
  const auto object = value.As<Napi::Object>();
  if (!object.InstanceOf(constructor_of(value.Env(), static_cast<const T*>(nullptr)).Value())) return nullptr;
  auto shared = Handle<Held>::Unwrap(object)->share();
  // Disposed of after the call was made and before it began, for which it waits at the first use.
  if (!shared) {
    throw Error("DISPOSED", "An argument was disposed of before the call began", {}, {},
                "Call dispose() only after the last call that takes it has ended");
  }
  return shared;
}

template <class T>
void define(Napi::Env env, const char* name) {
  constructor_of(env, static_cast<const T*>(nullptr)) = Napi::Persistent(Handle<T>::define(env, name));
}

}  // namespace

void define_handles(Napi::Env env) {
  define<Volume>(env, "VolumeHandle");
  define<ByteVolume>(env, "ByteVolumeHandle");
  define<const NetworkModel>(env, "ModelHandle");
}

Napi::Object make_handle(Napi::Env env, std::shared_ptr<Volume> volume) { return make(env, std::move(volume)); }
Napi::Object make_handle(Napi::Env env, std::shared_ptr<ByteVolume> volume) { return make(env, std::move(volume)); }
Napi::Object make_handle(Napi::Env env, std::shared_ptr<const NetworkModel> model) {
  return make(env, std::move(model));
}

std::shared_ptr<const Volume> held_volume(const Napi::Value& value) { return held<Volume>(value); }
std::shared_ptr<const ByteVolume> held_byte_volume(const Napi::Value& value) { return held<ByteVolume>(value); }
std::shared_ptr<const NetworkModel> held_model(const Napi::Value& value) { return held<NetworkModel>(value); }

}  // namespace hepatica::napi
