// Mini-batches for the lesion network: which slices, of scans as they are or with synthetic lesions, with lesions or
// without, and how they lie on the training canvas. What is drawn belongs to (seed, epoch, item).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "models/liver_cnn/network_input.h"
#include "models/mdl_cnn/config.h"
#include "training/lesion_plan.h"
#include "training/lesion_scan.h"
#include "training/random.h"

namespace hepatica {

struct LesionBatch {
  at::Tensor region;  // (N, input planes, H, W) float, 0 to 1
  at::Tensor liver;   // (N, H, W) float, 0 or 1
  at::Tensor lesion;  // (N, H, W) float, 0 to 1: the part of the pixel that lesions cover
  at::Tensor types;   // (N, H, W) int64: class channel, or -1 where there is no lesion of a known type
};

class LesionSampler {
 public:
  // Of every training scan the liver's region as it is; those that may not be learned from as they are have no slices.
  // Keeps references to them, and to the scans of set_synthetic().
  LesionSampler(std::span<const LesionScan> real, const MdlCnnConfig& config, const LesionTrainingOptions& options);

  // Throws EMPTY_DATASET where there is nothing to draw from.
  void set_synthetic(std::span<const LesionScan> scans);

  int64_t steps_per_epoch() const;

  LesionBatch draw(int64_t epoch, int64_t step_of_epoch) const;

 private:
  struct Item {
    const LesionScan* scan = nullptr;
    int64_t slice = 0;
    bool for_lesion = false;  // drawn because it shows lesions
  };

  // A pool's scans with lesions and without; scans may be in both.
  struct Pool {
    std::vector<const LesionScan*> with;
    std::vector<const LesionScan*> without;
    bool empty() const { return with.empty() && without.empty(); }
  };

  static Pool make_pool(std::span<const LesionScan> scans);
  void choose_canvas(std::span<const LesionScan> scans);
  Item choose(Random& random) const;
  CanvasTransform place(const Item& item, Random& random) const;
  void fill(const Item& item, const CanvasTransform& map, Random& random, int64_t index, LesionBatch& batch) const;
  void fill_planes(const Item& item, const CanvasTransform& map, Random& random, float* values) const;

  MdlCnnConfig config_;
  LesionTrainingOptions options_;
  int64_t height_ = 0;
  int64_t width_ = 0;
  int64_t slices_per_epoch_ = 0;
  Pool real_;
  Pool synthetic_;
};

}  // namespace hepatica
