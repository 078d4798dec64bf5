#include "napi/perimeter_values.h"

#include "napi/typed_arrays.h"

namespace hepatica::napi {

PackedPerimeters pack(const std::vector<Perimeter>& perimeters) {
  PackedPerimeters packed;
  for (const Perimeter& perimeter : perimeters) {
    packed.slices.push_back(static_cast<int32_t>(perimeter.slice));
    packed.holes.push_back(perimeter.hole ? 1 : 0);
    packed.pixels.insert(packed.pixels.end(), perimeter.pixels.begin(), perimeter.pixels.end());
    packed.mm.insert(packed.mm.end(), perimeter.mm.begin(), perimeter.mm.end());
    packed.starts.push_back(static_cast<uint32_t>(packed.pixels.size() / 2));
  }
  return packed;
}

std::vector<Contour> contours_argument(const Napi::Object& packed) {
  const auto slices = packed.Get("slices").As<Napi::Int32Array>();
  const auto holes = packed.Get("holes").As<Napi::Uint8Array>();
  const auto starts = packed.Get("starts").As<Napi::Uint32Array>();
  const auto pixels = packed.Get("pixels").As<Napi::Float32Array>();
  std::vector<Contour> contours(slices.ElementLength());
  for (size_t i = 0; i < contours.size(); ++i) {
    contours[i].slice = slices[i];
    contours[i].hole = holes[i] != 0;
    for (size_t k = starts[i]; k < starts[i + 1]; ++k) contours[i].pixels.push_back({pixels[2 * k], pixels[2 * k + 1]});
  }
  return contours;
}

Napi::Object perimeters_value(Napi::Env env, const std::shared_ptr<PackedPerimeters>& packed) {
  auto object = Napi::Object::New(env);
  object.Set("slices", typed_array(env, packed->slices, packed));
  object.Set("holes", typed_array(env, packed->holes, packed));
  object.Set("starts", typed_array(env, packed->starts, packed));
  object.Set("pixels", typed_array(env, packed->pixels, packed));
  object.Set("mm", typed_array(env, packed->mm, packed));
  return object;
}

}  // namespace hepatica::napi
