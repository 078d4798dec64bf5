// Mini-batches: which slices, how they are placed on the training canvas and augmented. What is drawn belongs
// to (seed, epoch, step, item), so that a resumed run draws the same.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"
#include "training/tasks/structure/grid_scan.h"
#include "training/tasks/structure/plan.h"

namespace hepatica {

struct SliceItem {
  size_t scan = 0;
  int64_t slice = 0;
  CanvasTransform canvas;
};

struct SliceBatch {
  std::vector<SliceItem> items;
  at::Tensor image;        // (N, context, H, W) float, 0 to 1
  at::Tensor coordinates;  // (N, coordinates, H/s, W/s) float
  at::Tensor target;       // (N, H, W) float, 0 to 1: the part of the pixel inside
};

struct CanvasSize {
  int64_t height = 0;
  int64_t width = 0;
};

class SliceSampler {
 public:
  // Keeps references to `scans`.
  SliceSampler(std::span<const GridScan> scans, const LiverCnnConfig& config, const StructureTrainingOptions& options);

  CanvasSize canvas_size() const { return canvas_; }
  int64_t steps_per_epoch() const;
  int64_t slice_count() const;

  // The last one of an epoch may be smaller.
  int64_t batch_size(int64_t step_of_epoch) const;

  SliceBatch draw(int64_t epoch, int64_t step_of_epoch) const;
  // Those items of the same mini-batch alone.
  SliceBatch draw(int64_t epoch, int64_t step_of_epoch, std::span<const int64_t> items) const;

 private:
  struct SliceRef {
    uint32_t scan;
    uint32_t slice;
  };

  void choose_canvas();
  void index_slices();
  int64_t epoch_size() const;
  std::vector<SliceRef> epoch_order(int64_t epoch) const;
  SliceRef choose_slice(int64_t epoch, int64_t position, const std::vector<SliceRef>& order) const;
  SliceRef any_slice(Random& random) const;
  bool shows_structure(const SliceRef& ref) const { return shows_structure_[ref.scan][ref.slice]; }
  CanvasTransform place_canvas(const BodyBox& box, Random& random) const;
  void fill_item(SliceItem& item, int64_t index, Random& random, SliceBatch& batch) const;
  void fill_image(const SliceItem& item, Random& random, float* image) const;
  void fill_target(const SliceItem& item, float* target) const;

  std::span<const GridScan> scans_;
  LiverCnnConfig config_;
  StructureTrainingOptions options_;
  CanvasSize canvas_;
  std::vector<std::vector<int64_t>> slices_of_;  // a scan's slices that are trained on, ascending
  std::vector<SliceRef> slices_;                 // all of them
  std::vector<std::vector<bool>> shows_structure_;
  // The order of the epoch that was drawn from last: a cache, no state.
  mutable int64_t order_epoch_ = -1;
  mutable std::vector<SliceRef> order_;
};

}  // namespace hepatica
