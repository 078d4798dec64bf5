#pragma once

#include <napi.h>

#include <memory>
#include <vector>

namespace hepatica::napi {

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
