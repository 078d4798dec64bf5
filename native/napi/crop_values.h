// What the liver's network left of its box (models/encoder3d/encoded_crop.h) as JavaScript holds it: { held, dispose()
// }. It goes with its JavaScript object; dispose() frees the features at once.
#pragma once

#include <napi.h>

#include <memory>

namespace hepatica {
class EncodedCrop;
}

namespace hepatica::napi {

// null for none.
Napi::Value crop_value(Napi::Env env, const std::shared_ptr<EncodedCrop>& crop);

// What was made by crop_value; null for null.
std::shared_ptr<EncodedCrop> held_crop(const Napi::Value& value);

}  // namespace hepatica::napi
