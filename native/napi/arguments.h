// JavaScript values as C++ ones. Options have the names that src/schema gives them, which has validated them: here only
// what memory safety needs is checked.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/device_choice.h"
#include "core/volume.h"
#include "models/network_model.h"
#include "napi/handles.h"
#include "runtime/precision.h"

namespace hepatica::napi {

Geometry geometry_argument(const Napi::Object& value);

[[noreturn]] void throw_wrong_kind(const NetworkModel& model, const char* wanted);
// A StructureModel or a LesionModel; throws WRONG_MODEL for the other.
template <class Model>
std::shared_ptr<const Model> model_argument(const Napi::Value& value) {
  const std::shared_ptr<const NetworkModel> any = held_model(value);
  if (auto model = std::dynamic_pointer_cast<const Model>(any)) return model;
  throw_wrong_kind(*any, Model::kKind);
}

// Of what is passed beside the arguments: control.device.
DeviceChoice device_argument(const Napi::Object& control);
// The option "precision".
PrecisionChoice precision_argument(const Napi::Object& options);
std::string string_argument(const Napi::Object& options, const char* name);
bool flag_argument(const Napi::Object& options, const char* name);
int int_argument(const Napi::Object& options, const char* name);
// [least, most].
std::pair<int, int> range_argument(const Napi::Object& options, const char* name);
double number_argument(const Napi::Object& options, const char* name);
std::vector<std::string> strings_argument(const Napi::Value& value);
// A path, or { name, bytes: handle }.
InputFile file_argument(const Napi::Value& value);

}  // namespace hepatica::napi
