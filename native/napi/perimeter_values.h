// Perimeters as JavaScript values.
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "ops/contour.h"
#include "pipelines/perimeters.h"

namespace hepatica::napi {

// All perimeters in five arrays: thousands of small typed arrays would take the event loop's time.
struct PackedPerimeters {
  std::vector<int32_t> slices;
  std::vector<uint8_t> holes;
  // Points before each perimeter, and all of them.
  std::vector<uint32_t> starts = {0};
  std::vector<float> pixels;
  std::vector<float> mm;
};

PackedPerimeters pack(const std::vector<Perimeter>& perimeters);

// Of outlines that are packed alike, without mm.
std::vector<Contour> contours_argument(const Napi::Object& packed);

Napi::Object perimeters_value(Napi::Env env, const std::shared_ptr<PackedPerimeters>& packed);

}  // namespace hepatica::napi
