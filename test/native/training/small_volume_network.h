// A 3-D network of two layers, and scans for it, for tests that train.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "synthetic_scans.h"
#include "training/tasks/volume/plan.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica::test {

struct SmallVolumeModule : torch::nn::Module {
  SmallVolumeModule() {
    encoder = register_module(
        "encoder",
        torch::nn::Sequential(torch::nn::Conv3d(torch::nn::Conv3dOptions(3, 4, {1, 3, 3}).padding({0, 1, 1}))));
    head = register_module("head", torch::nn::Conv3d(torch::nn::Conv3dOptions(4, 3, 1)));
  }
  torch::nn::Sequential encoder{nullptr};
  torch::nn::Conv3d head{nullptr};
};

class SmallVolumeNetwork : public VolumeNetwork {
 public:
  torch::nn::Module& module() override { return module_; }
  at::Tensor logits(const at::Tensor& values, const at::Tensor& coordinates) override {
    const at::Tensor places = at::upsample_nearest3d(coordinates, values.sizes().slice(2));
    return module_.head(at::relu(module_.encoder->forward(at::cat({values, places}, 1))));
  }

 private:
  SmallVolumeModule module_;
};

inline VolumeNetworkKind small_volume_kind() {
  VolumeNetworkKind kind;
  kind.kind = "small";
  kind.architecture = "{}";
  kind.structures = {"background", "ball", "body"};
  kind.structure = "ball";
  kind.cell_mm = {2, 2, 5};
  kind.multiple = 4;
  kind.context_cells = {4, 4, 2};
  kind.base = "encoder";
  kind.make = [] { return std::make_unique<SmallVolumeNetwork>(); };
  return kind;
}

// A ball nearly as bright as bone (1) in a body of fat (2): of all HU, a network sees 0 to 1.
inline LabelledScan ball_in_body(int64_t offset) {
  LabelledScan scan = ball_scan(offset);
  auto& hu = std::get<std::vector<int16_t>>(scan.volume.hu);
  for (size_t i = 0; i < hu.size(); ++i) {
    if (scan.label.voxels[i] == 1) hu[i] = 230;
    if (scan.label.voxels[i] == 1 || hu[i] < -500) continue;
    scan.label.voxels[i] = 2;
    hu[i] = static_cast<int16_t>(hu[i] - 120);
  }
  return scan;
}

inline std::vector<LabelledStructure> ball_structures() { return {{"ball", {1}}, {"body", {2}}}; }

inline std::vector<VolumeScan> ball_volumes(int64_t count, const std::string& name) {
  Run run;
  std::vector<VolumeScan> scans;
  for (int64_t i = 0; i < count; ++i) {
    const LabelledScan scan = ball_in_body(2 * i);
    scans.push_back(make_volume_scan(scan.volume, scan.label, name + std::to_string(i), ball_structures(),
                                     small_volume_kind().cell_mm, run));
  }
  return scans;
}

inline VolumeTrainingPlan ball_volume_plan(const std::string& folder) {
  VolumeTrainingPlan plan;
  for (const char* patient : {"training0", "training1"}) plan.cases.push_back({patient, "", "", {}, {}, {}, false, {}});
  plan.cases.push_back({"validation0", "", "", {}, {}, {}, true, {}});
  plan.options.structures = ball_structures();
  plan.options.epochs = 4;
  plan.options.batch_size = 2;
  plan.options.crops_per_epoch = 8;
  plan.options.crop_cells = {8, 48, 48};
  plan.options.learning_rate = 1e-2;
  plan.options.ema_decay = 0.5;
  plan.options.precision = TrainingPrecision::kFp32;
  plan.options.output = folder + "/ball.safetensors";
  return plan;
}

}  // namespace hepatica::test
