// Mini-batches of crops: which scan, about what, how augmented. What is drawn belongs to (seed, epoch, item).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "core/random.h"
#include "training/tasks/volume/network.h"
#include "training/tasks/volume/plan.h"
#include "training/tasks/volume/volume_crop.h"
#include "training/tasks/volume/volume_scan.h"

namespace hepatica {

struct CropBatch {
  at::Tensor values;       // (N, 1, z, y, x) float, 0 to 1
  at::Tensor coordinates;  // (N, 2, coarser z, y, x) float
  at::Tensor classes;      // (N, z, y, x) uint8
};

class CropSampler {
 public:
  // Keeps references to `scans`. Crops are in whole multiples of the network's.
  CropSampler(std::span<const VolumeScan> scans, const VolumeNetworkKind& network,
              const VolumeTrainingOptions& options);

  int64_t steps_per_epoch() const;
  // Those items of the mini-batch alone; one at least.
  CropBatch draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const;

 private:
  CropPlace place(const VolumeScan& scan, Random& random) const;

  std::span<const VolumeScan> scans_;
  VolumeNetworkKind network_;
  VolumeTrainingOptions options_;
  Size3 size_ = {0, 0, 0};
};

// One item of what the network is given: (1, z, y, x) and (2, z, y, x).
at::Tensor values_of(VolumeCrop crop);
at::Tensor coordinates_of(const VolumeScan& scan, const CropPlace& place, const Size3& size,
                          const VolumeNetworkKind& network, const std::array<double, 4>& moved_mm);
at::Tensor classes_of(const VolumeCrop& crop);

}  // namespace hepatica
