#include "napi/arguments.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <utility>

#include "core/error.h"
#include "napi/errors.h"

namespace hepatica::napi {

namespace {

template <class Number, size_t kCount>
std::array<Number, kCount> numbers(const Napi::Object& object, const char* name) {
  const auto values = object.Get(name).As<Napi::Array>();
  std::array<Number, kCount> result{};
  for (uint32_t i = 0; i < kCount; ++i) {
    result[i] = static_cast<Number>(values.Get(i).As<Napi::Number>().DoubleValue());
  }
  return result;
}

}  // namespace

Geometry geometry_argument(const Napi::Object& value) {
  return {numbers<int64_t, 3>(value, "size"), numbers<double, 3>(value, "spacing"), numbers<double, 3>(value, "origin"),
          numbers<double, 9>(value, "direction")};
}

void throw_wrong_kind(const NetworkModel& model, const char* wanted) {
  throw Error("WRONG_MODEL", std::string("Expected a model of kind ") + wanted + ", received one of: " + model.kind(),
              model.path(), "model",
              "classifyLesions takes mdl_cnn, segmentStructure encoder3d or liver_cnn, trainLesionClassifier resnet101 "
              "as its base");
}

DeviceChoice device_argument(const Napi::Object& control) {
  return DeviceChoice::parse(string_argument(control, "device"));
}

PrecisionChoice precision_argument(const Napi::Object& options) {
  const std::string precision = string_argument(options, "precision");
  if (precision == "fp32") return PrecisionChoice::kFp32;
  if (precision == "tf32") return PrecisionChoice::kTf32;
  return precision == "bf16" ? PrecisionChoice::kBf16 : PrecisionChoice::kAuto;
}

std::string string_argument(const Napi::Object& options, const char* name) {
  return options.Get(name).As<Napi::String>();
}

bool flag_argument(const Napi::Object& options, const char* name) { return options.Get(name).As<Napi::Boolean>(); }

int int_argument(const Napi::Object& options, const char* name) {
  // Int32Value() would wrap what does not fit: 2^32 to 0.
  const double value = number_argument(options, name);
  if (value == std::trunc(value) && std::abs(value) <= std::numeric_limits<int>::max()) return static_cast<int>(value);
  const Error error("INVALID_ARGUMENT", std::string("Expected ") + name + " to be an integer of 32 bits", {}, name);
  throw Napi::Error(options.Env(), error_value(options.Env(), std::make_exception_ptr(error)));
}

std::pair<int, int> range_argument(const Napi::Object& options, const char* name) {
  const auto range = options.Get(name).As<Napi::Array>();
  const auto end = [&](uint32_t index) { return range.Get(index).As<Napi::Number>().Int32Value(); };
  return {end(0), end(1)};
}

double number_argument(const Napi::Object& options, const char* name) {
  return options.Get(name).As<Napi::Number>().DoubleValue();
}

std::vector<std::string> strings_argument(const Napi::Value& value) {
  const auto values = value.As<Napi::Array>();
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < values.Length(); ++i) strings.push_back(values.Get(i).As<Napi::String>());
  return strings;
}

InputFile file_argument(const Napi::Value& value) {
  if (value.IsString()) return {std::string(value.As<Napi::String>())};
  const auto file = value.As<Napi::Object>();
  return {string_argument(file, "name"), held_bytes(file.Get("bytes"))};
}

}  // namespace hepatica::napi
