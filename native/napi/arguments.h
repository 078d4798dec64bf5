// JavaScript values as C++ ones. src/options.ts has validated them: here only what memory safety needs is checked.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "core/volume.h"

namespace hepatica {
class SegmenterModel;
}

namespace hepatica::napi {

Geometry geometry_argument(const Napi::Object& value);

// A handle's volume is shared; { data, size, spacing, origin, direction } is copied here and now, since JavaScript may
// change or transfer the array while the job runs.
std::shared_ptr<const Volume> volume_argument(const Napi::Value& value);
std::shared_ptr<const ByteVolume> byte_volume_argument(const Napi::Value& value);

// Throws INVALID_ARGUMENT for what is no model's handle, or one that was disposed of.
std::shared_ptr<const SegmenterModel> model_argument(const Napi::Value& value);

std::string string_argument(const Napi::Object& options, const char* name);
bool flag_argument(const Napi::Object& options, const char* name);
int int_argument(const Napi::Object& options, const char* name);
double number_argument(const Napi::Object& options, const char* name);
std::vector<std::string> strings_argument(const Napi::Value& value);

}  // namespace hepatica::napi
