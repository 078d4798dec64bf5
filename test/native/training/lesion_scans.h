// Small livers with a bright ball in them, for tests that train the lesion network.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "training/tasks/lesions/run.h"

namespace hepatica::test {

// A liver of 100 HU with a lesion of `radius` voxels and 200 HU at `x` in the slices 1 to 4; none where radius is 0.
inline LesionSource lesion_source(const std::string& patient, int64_t x, double radius = 5,
                                  LesionType type = LesionType::kHcc) {
  constexpr int64_t kSize = 48;
  constexpr int64_t kSlices = 6;
  LesionSource source;
  source.patient = patient;
  Geometry geometry;
  geometry.size = {kSize, kSize, kSlices};
  geometry.spacing_mm = {2, 2, 5};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()), -1000);
  source.liver = source.types = Mask{geometry, std::vector<uint8_t>(hu.size(), 0)};
  for (int64_t z = 0; z < kSlices; ++z) {
    for (int64_t row = 0; row < kSize; ++row) {
      for (int64_t column = 0; column < kSize; ++column) {
        const auto i = static_cast<size_t>((z * kSize + row) * kSize + column);
        const auto distance = [&](int64_t x0) { return std::hypot(double(column - x0), double(row - 24)); };
        const bool liver = distance(24) < 18;
        const bool lesion = liver && z > 0 && z < kSlices - 1 && distance(x) < radius;
        hu[i] = static_cast<int16_t>(lesion ? 200 : liver ? 90 + int(column * 7 + row * 13 + z * 5) % 20 : -50);
        source.liver.voxels[i] = liver;
        source.types.voxels[i] = lesion ? static_cast<uint8_t>(type) : uint8_t{0};
      }
    }
  }
  if (radius <= 0) source.types.voxels.clear();
  source.volume = {geometry, std::move(hu)};
  return source;
}

inline MdlCnnConfig small_lesion_config() {
  MdlCnnConfig config;
  config.spacing_mm = 2;
  config.context_mm = {0};
  config.slab_mm = 0;
  config.channels = {RegionChannel::kClipped};
  config.base_stages = 1;
  config.location_width = 8;
  return config;
}

inline LesionTrainingPlan lesion_plan(const std::string& folder) {
  LesionTrainingPlan plan;
  for (const char* patient : {"a", "b", "v"}) {
    LesionCase c;
    c.patient = patient;
    c.validation = c.patient == "v";
    plan.cases.push_back(c);
  }
  plan.options.epochs = 2;
  plan.options.batch_size = 4;
  plan.options.slices_per_epoch = 12;
  plan.options.synthetic_per_scan = 0;
  plan.options.validation_synthetic_per_scan = 0;
  plan.options.precision = TrainingPrecision::kFp32;
  plan.options.architecture = small_lesion_config().to_json();
  plan.options.output = folder + "/lesions.safetensors";
  return plan;
}

}  // namespace hepatica::test
