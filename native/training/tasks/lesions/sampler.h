// Mini-batches for the lesion network: pictures of a part of the liver, around lesions or anywhere, of scans as they
// are or with synthetic lesions. What is drawn belongs to (seed, epoch, item).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/random.h"
#include "models/liver_cnn/network_input.h"
#include "models/mdl_cnn/config.h"
#include "training/tasks/lesions/liver_errors.h"
#include "training/tasks/lesions/plan.h"
#include "training/tasks/lesions/scan.h"

namespace hepatica {

struct LesionBatch {
  at::Tensor region;  // (N, input planes, H, W) float, 0 to 1
  at::Tensor liver;   // (N, H, W) float, 0 or 1: what is taken for it
  at::Tensor lesion;  // (N, H, W) float, 0 to 1: the part of the pixel that lesions cover
  at::Tensor types;   // (N, H, W) int64: class channel, or -1 where there is no lesion of a known type
};

class LesionSampler {
 public:
  // Of every training scan the liver's region as it is; those that may not be learned from so have no voxels. Keeps
  // references to them, and to the scans of set_synthetic().
  LesionSampler(std::span<const LesionScan> real, const MdlCnnConfig& config, const LesionTrainingOptions& options);

  // Throws EMPTY_DATASET where there is nothing to draw from.
  void set_synthetic(std::span<const LesionScan> scans);

  int64_t steps_per_epoch() const;

  LesionBatch draw(int64_t epoch, int64_t step_of_epoch) const;
  // Those items of the same mini-batch alone.
  LesionBatch draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const;

 private:
  struct Item {
    const LesionScan* scan = nullptr;
    uint32_t voxel = 0;  // of the region, about which the picture lies
    int64_t slice() const { return voxel / scan->region.canvas.pixels(); }
  };
  using Pool = std::vector<const LesionScan*>;

  static Pool make_pool(std::span<const LesionScan> scans);
  Item choose(Random& random) const;
  CanvasTransform place(const Item& item, Random& random) const;
  void fill(const Item& item, const CanvasTransform& map, Random& random, int64_t index, LesionBatch& batch) const;
  // A channel's grey values as other scanners and doses would give them.
  struct GreyChange {
    float middle = 0.5F;
    float gain = 1;
    float offset = 0;
    float sigma = 0;
  };
  GreyChange scaled_to(RegionChannel channel, float reference_hu, GreyChange change) const;

  void fill_planes(const Item& item, const CanvasTransform& map, const std::optional<LiverError>& error, Random& random,
                   float* values) const;
  // Whether the pixels lie in the liver, or in what is taken for it; none beyond the liver's slices.
  std::vector<uint8_t> liver_of(const LesionScan& scan, int64_t slice, const CanvasTransform& map,
                                const std::optional<LiverError>& error) const;

  MdlCnnConfig config_;
  LesionTrainingOptions options_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  int64_t slices_per_epoch_ = 0;
  Pool real_;
  Pool synthetic_;
};

}  // namespace hepatica
