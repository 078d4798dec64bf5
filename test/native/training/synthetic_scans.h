// Small scans of a bright ball in a body, for tests that train.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/plan.h"

namespace hepatica::test {

inline LabelledScan ball_scan(int64_t offset) {
  constexpr int64_t kSize = 48;
  constexpr int64_t kSlices = 6;
  Geometry geometry;
  geometry.size = {kSize, kSize, kSlices};
  geometry.spacing_mm = {2, 2, 5};
  std::vector<int16_t> hu(static_cast<size_t>(geometry.voxel_count()), -1000);
  LabelledScan scan;
  scan.label.geometry = geometry;
  scan.label.voxels.assign(hu.size(), 0);
  for (int64_t z = 0; z < kSlices; ++z) {
    for (int64_t y = 4; y < kSize - 4; ++y) {
      for (int64_t x = 4; x < kSize - 4; ++x) {
        const auto i = static_cast<size_t>((z * kSize + y) * kSize + x);
        const bool inside = std::hypot(static_cast<double>(x - 18 - offset), static_cast<double>(y - 24)) < 9;
        hu[i] = static_cast<int16_t>(inside ? 120 : 10 + (x * 7 + y * 13 + z * 5) % 20);
        scan.label.voxels[i] = inside;
      }
    }
  }
  scan.volume.geometry = geometry;
  scan.volume.hu = std::move(hu);
  return scan;
}

inline LiverCnnConfig small_config() {
  LiverCnnConfig config;
  config.subsampling = 4;
  config.dilations = {1, 1, 1};
  config.skip = SkipKind::kNone;
  config.kernels = {3, 3, 3};
  config.head_kernel = 3;
  config.context_mm = {0};
  return config;
}

inline std::vector<GridScan> ball_scans(int64_t count, bool keep_reference) {
  Run run;
  std::vector<GridScan> scans;
  for (int64_t i = 0; i < count; ++i) {
    const std::string name = (keep_reference ? "validation" : "training") + std::to_string(i);
    scans.push_back(make_grid_scan(ball_scan(i * 2), name, keep_reference, small_config(), {}, run));
  }
  return scans;
}

inline StructureTrainingPlan ball_plan(const std::string& folder) {
  StructureTrainingPlan plan;
  for (const char* patient : {"training0", "training1"}) plan.cases.push_back({patient, "", "", {}, {}, {}, false, {}});
  plan.cases.push_back({"validation0", "", "", {}, {}, {}, true, {}});
  plan.options.structure = "ball";
  plan.options.epochs = 4;
  plan.options.batch_size = 4;
  plan.options.ema_decay = 0.5;
  plan.options.precision = TrainingPrecision::kFp32;
  plan.options.output = folder + "/ball.safetensors";
  return plan;
}

}  // namespace hepatica::test
