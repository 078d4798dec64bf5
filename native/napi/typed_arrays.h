#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace hepatica::napi {

template <class Element>
constexpr napi_typedarray_type array_type() {
  if constexpr (std::is_same_v<Element, int16_t>) return napi_int16_array;
  if constexpr (std::is_same_v<Element, float>) return napi_float32_array;
  if constexpr (std::is_same_v<Element, uint8_t>) return napi_uint8_array;
}

// A typed array over memory that `owner` keeps alive; a copy where the engine refuses such memory (Electron).
template <class Element, class Owner>
Napi::Value typed_array(Napi::Env env, std::vector<Element>& elements, const std::shared_ptr<Owner>& owner) {
  if (elements.empty()) return Napi::TypedArrayOf<Element>::New(env, 0);
  const auto buffer = Napi::Buffer<Element>::NewOrCopy(
      env, elements.data(), elements.size(), [](auto, Element*, std::shared_ptr<Owner>* held) { delete held; },
      new std::shared_ptr<Owner>(owner));
  return Napi::TypedArrayOf<Element>::New(env, elements.size(), buffer.ArrayBuffer(), buffer.ByteOffset());
}

}  // namespace hepatica::napi
