// The exported calls: each reads its arguments, starts a job that calls one pipeline function, and says how its result
// looks in JavaScript. (control: see start_job.)
#pragma once

#include <napi.h>

namespace hepatica::napi {

// preprocess(volume, { huMin, huMax, equalization }, control) -> { size, …, data, clipped, device, timings, warnings }
Napi::Value preprocess_call(const Napi::CallbackInfo& info);

// readVolume(path, control) -> { size, …, handle, warnings }
Napi::Value read_volume_call(const Napi::CallbackInfo& info);

}  // namespace hepatica::napi
