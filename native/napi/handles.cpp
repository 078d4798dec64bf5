#include "napi/handles.h"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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
Napi::FunctionReference& constructor_of(Napi::Env env, const FileBytes*) { return Environment::of(env).bytes_handle; }

template <class Use>
auto with_voxels(Volume& volume, Use&& use) {
  return std::visit(use, volume.hu);
}
template <class Use>
auto with_voxels(ByteVolume& volume, Use&& use) {
  return use(volume.voxels);
}
template <class Use>
auto with_voxels(FileBytes& file, Use&& use) {
  return use(file.bytes);
}

// Elements of what is whole.
template <class Grid>
size_t whole_size(const Grid& volume) {
  return static_cast<size_t>(volume.geometry.voxel_count());
}
size_t whole_size(const FileBytes& file) { return file.size; }

int64_t bytes_of(const NetworkModel&) { return 0; }
template <class T>
int64_t bytes_of(T& volume) {
  return with_voxels(volume,
                     [](const auto& voxels) { return static_cast<int64_t>(voxels.size() * sizeof(voxels[0])); });
}

bool is_whole(const NetworkModel&) { return true; }
template <class T>
bool is_whole(T& volume) {
  return with_voxels(volume, [](const auto& voxels) { return voxels.size(); }) == whole_size(volume);
}

template <class Element>
void append(std::vector<Element>& voxels, size_t whole, const Napi::TypedArray& piece) {
  const size_t room = whole - voxels.size();
  if (piece.TypedArrayType() != array_type<Element>() || piece.ElementLength() > room) {
    throw Napi::TypeError::New(piece.Env(), "Expected a piece of the voxels that are still to come");
  }
  const auto elements = piece.As<Napi::TypedArrayOf<Element>>();
  voxels.insert(voxels.end(), elements.Data(), elements.Data() + elements.ElementLength());
}

template <class T>
Napi::Value voxel_array(Napi::Env env, const std::shared_ptr<T>& volume) {
  return with_voxels(*volume, [&](auto& voxels) { return typed_array(env, voxels, volume); });
}

template <class T>
Napi::Object make(Napi::Env env, std::shared_ptr<T> held, bool accounted = true) {
  return constructor_of(env, held.get())
      .New({Napi::External<std::shared_ptr<T>>::New(env, &held), Napi::Boolean::New(env, accounted)});
}

template <class T>
class Handle : public Napi::ObjectWrap<Handle<T>> {
 public:
  static Napi::Function define(Napi::Env env, const char* name) {
    std::vector<Napi::ClassPropertyDescriptor<Handle>> methods = {Handle::InstanceMethod("share", &Handle::share),
                                                                  Handle::InstanceMethod("dispose", &Handle::dispose)};
    if constexpr (!std::is_const_v<T>) {
      methods.push_back(Handle::InstanceMethod("append", &Handle::append));
      methods.push_back(Handle::InstanceMethod("data", &Handle::data));
    }
    return Handle::DefineClass(env, name, methods);
  }

  // Constructed by make() alone, with an External: JavaScript has no way to make one.
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Handle<T>>(info) {
    if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "Handles are made by hepatica's native calls");
    held_ = *info[0].As<Napi::External<std::shared_ptr<T>>>().Data();
    if (info[1].As<Napi::Boolean>()) account(info.Env(), bytes_of(*held_));
  }

  void Finalize(Napi::BasicEnv env) override { account(env, 0); }

  const std::shared_ptr<T>& held() const { return held_; }

 private:
  // V8 weighs the memory behind an object only if it is told of it.
  void account(Napi::BasicEnv env, int64_t bytes) {
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes - accounted_bytes_);
    accounted_bytes_ = bytes;
  }

  // Another handle of the same memory, which is accounted for once: what is done with the one leaves the other as it
  // is.
  Napi::Value share(const Napi::CallbackInfo& info) {
    return held_ ? Napi::Value(make(info.Env(), held_, false)) : info.Env().Undefined();
  }

  void append(const Napi::CallbackInfo& info) {
    if (!held_) return;
    const auto piece = info[0].As<Napi::TypedArray>();
    with_voxels(*held_, [&](auto& voxels) { napi::append(voxels, whole_size(*held_), piece); });
    account(info.Env(), bytes_of(*held_));
  }

  Napi::Value data(const Napi::CallbackInfo& info) {
    if (!held_) return info.Env().Undefined();
    // A call works on these voxels, or is about to: JavaScript, which may change its array, gets a copy.
    if (held_.use_count() > 1) held_ = std::make_shared<T>(*held_);
    account(info.Env(), 0);  // From now on the array buffer counts.
    return voxel_array(info.Env(), held_);
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
  int64_t accounted_bytes_ = 0;
};

template <class T>
std::shared_ptr<const T> held(const Napi::Value& value) {
  using Held = std::conditional_t<std::is_same_v<T, NetworkModel>, const T, T>;
  if (!value.IsObject()) return nullptr;
  const auto object = value.As<Napi::Object>();
  if (!object.InstanceOf(constructor_of(value.Env(), static_cast<const T*>(nullptr)).Value())) return nullptr;
  const std::shared_ptr<Held>& held = Handle<Held>::Unwrap(object)->held();
  if (!held || !is_whole(*held)) {
    throw Napi::TypeError::New(value.Env(), "Expected a handle that holds all that it is to hold");
  }
  return held;
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
  define<FileBytes>(env, "BytesHandle");
}

Napi::Object make_handle(Napi::Env env, std::shared_ptr<Volume> volume) { return make(env, std::move(volume)); }
Napi::Object make_handle(Napi::Env env, std::shared_ptr<ByteVolume> volume) { return make(env, std::move(volume)); }
Napi::Object make_handle(Napi::Env env, std::shared_ptr<const NetworkModel> model) {
  return make(env, std::move(model));
}
Napi::Object make_handle(Napi::Env env, std::shared_ptr<FileBytes> bytes) { return make(env, std::move(bytes)); }

std::shared_ptr<const Volume> held_volume(const Napi::Value& value) { return held<Volume>(value); }
std::shared_ptr<const ByteVolume> held_byte_volume(const Napi::Value& value) { return held<ByteVolume>(value); }
std::shared_ptr<const NetworkModel> held_model(const Napi::Value& value) { return held<NetworkModel>(value); }
std::shared_ptr<const FileBytes> held_bytes(const Napi::Value& value) { return held<FileBytes>(value); }

}  // namespace hepatica::napi
