// Native objects that JavaScript holds: volumes, masks, models, bytes of files. Freed by dispose() or with their
// JavaScript object; a job in flight keeps what it works on alive.
#pragma once

#include <napi.h>

#include <memory>

#include "core/input_file.h"
#include "core/volume.h"

namespace hepatica {
class NetworkModel;
}

namespace hepatica::napi {

// Registers the classes of an environment; called once from its set-up.
void define_handles(Napi::Env env);

// The JavaScript object: { share(): handle, dispose() }; for voxels { share(), append(piece: TypedArray), data():
// TypedArray, dispose(data?: TypedArray) }. What is appended fills a volume that has fewer voxels than its geometry.
Napi::Object make_handle(Napi::Env env, std::shared_ptr<Volume> volume);
Napi::Object make_handle(Napi::Env env, std::shared_ptr<ByteVolume> volume);
Napi::Object make_handle(Napi::Env env, std::shared_ptr<const NetworkModel> model);
Napi::Object make_handle(Napi::Env env, std::shared_ptr<FileBytes> bytes);

// What a handle holds, whole, for a job to read; src/native/call-arguments.ts sees to it that JavaScript has no array
// over it.
std::shared_ptr<const Volume> held_volume(const Napi::Value& value);
std::shared_ptr<const ByteVolume> held_byte_volume(const Napi::Value& value);
std::shared_ptr<const NetworkModel> held_model(const Napi::Value& value);
std::shared_ptr<const FileBytes> held_bytes(const Napi::Value& value);

}  // namespace hepatica::napi
