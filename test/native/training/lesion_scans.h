// Small livers with a bright ball in them, for tests that train the lesion network.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <utility>
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

// Gives sources as the cases of lesion_plan() name them, and says how often it was asked for one.
class SourceReader : public CaseReader {
 public:
  explicit SourceReader(std::vector<LesionSource> sources) : sources_(std::move(sources)) {}

  LabelledImage read_image(const std::string& path, Run& run) const override {
    ++read;
    run.warn("MADE_UP", path + " is no file");
    return {source(path).volume, {}};
  }
  Mask read_labels(const LabelFile& file, const LabelledImage& /*image*/, Run& /*run*/) const override {
    const std::string patient = file.path.substr(0, file.path.find(' '));
    return file.path == patient + " liver" ? source(patient).liver : source(patient).types;
  }

  mutable std::atomic<int> read = 0;

 private:
  const LesionSource& source(const std::string& patient) const {
    return *std::find_if(sources_.begin(), sources_.end(),
                         [&](const LesionSource& source) { return source.patient == patient; });
  }

  std::vector<LesionSource> sources_;
};

inline LesionCase lesion_case(const std::string& patient, bool validation) {
  LesionCase c;
  c.patient = c.image = patient;
  c.liver = patient + " liver";
  c.label = patient + " types";
  for (int type = 1; type <= static_cast<int>(LesionType::kUnknown); ++type) {
    c.lesion_values.push_back({type, static_cast<LesionType>(type)});
  }
  c.ground = true;
  c.validation = validation;
  return c;
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
    plan.cases.push_back(lesion_case(patient, std::string(patient) == "v"));
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

inline std::vector<LesionScan> real_lesion_scans(const std::vector<LesionSource>& sources,
                                                 double max_lesion_share = 0.4) {
  Run run;
  std::vector<LesionScan> scans;
  for (const LesionSource& source : sources) {
    scans.push_back(make_lesion_scan(source, true, small_lesion_config(), {}, max_lesion_share, run));
  }
  return scans;
}

}  // namespace hepatica::test
