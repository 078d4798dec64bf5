// Overlap of two masks, counted over the whole volume of a case (paper, equations 4 to 6; method.md, "Equations").
#pragma once

#include <cstdint>
#include <optional>

#include "core/run.h"
#include "core/volume.h"

namespace hepatica {

struct Overlap {
  int64_t tp = 0;
  int64_t fp = 0;
  int64_t fn = 0;
  int64_t tn = 0;

  int64_t prediction_voxels() const { return tp + fp; }
  int64_t reference_voxels() const { return tp + fn; }
  Overlap& operator+=(const Overlap& other);
  bool operator==(const Overlap&) const = default;
};

// Non-zero is inside. Throws INVALID_ARGUMENT (field "reference") where the sizes differ.
Overlap count_overlap(const Mask& prediction, const Mask& reference, Run& run);
Overlap count_overlap(const uint8_t* prediction, const uint8_t* reference, int64_t count);

// paper: 100 (|R| - |S|) / |R|; standard: 100 (|S| - |R|) / |R|; lits: the standard one's absolute value.
enum class RvdConvention { kPaper, kStandard, kLits };

// 2 TP / (2 TP + FP + FN); 1 where both are empty.
double dice(const Overlap& overlap);
// Percent; 0 where both are empty.
double voe(const Overlap& overlap);
// Percent; 0 where both are empty, none where only the reference is.
std::optional<double> rvd(const Overlap& overlap, RvdConvention convention);

}  // namespace hepatica
