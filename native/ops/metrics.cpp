#include "ops/metrics.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "platform/cpu_clones.h"

namespace hepatica {
namespace {

struct Counts {
  int64_t prediction = 0;
  int64_t reference = 0;
  int64_t both = 0;
};

HEPATICA_CPU_CLONES
Counts count_block(const uint8_t* prediction, const uint8_t* reference, int count) {
  int in_prediction = 0;
  int in_reference = 0;
  int in_both = 0;
  for (int i = 0; i < count; ++i) {
    const int p = prediction[i] != 0;
    const int r = reference[i] != 0;
    in_prediction += p;
    in_reference += r;
    in_both += p & r;
  }
  return {in_prediction, in_reference, in_both};
}

std::string size_text(const Size3& size) {
  return std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]);
}

}  // namespace

Overlap& Overlap::operator+=(const Overlap& other) {
  tp += other.tp;
  fp += other.fp;
  fn += other.fn;
  tn += other.tn;
  return *this;
}

Overlap count_overlap(const uint8_t* prediction, const uint8_t* reference, int64_t count) {
  // Blocks are small enough to be counted in 32 bits.
  constexpr int64_t kBlock = 1 << 20;
  Counts sum;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int block = static_cast<int>(std::min(kBlock, count - begin));
    const Counts counts = count_block(prediction + begin, reference + begin, block);
    sum.prediction += counts.prediction;
    sum.reference += counts.reference;
    sum.both += counts.both;
  }
  return {sum.both, sum.prediction - sum.both, sum.reference - sum.both,
          count - sum.prediction - sum.reference + sum.both};
}

Overlap count_overlap(const Mask& prediction, const Mask& reference, Run& run) {
  if (prediction.geometry.size != reference.geometry.size) {
    throw Error("INVALID_ARGUMENT",
                "Expected reference to have the prediction's size, " + size_text(prediction.geometry.size) +
                    ", received " + size_text(reference.geometry.size),
                {}, "reference", "Compare masks on one grid.");
  }
  std::vector<Overlap> slices(static_cast<size_t>(prediction.geometry.slice_count()));
  parallel_for(prediction.geometry.slice_count(), run, [&](int64_t z) {
    slices[z] = count_overlap(prediction.slice(z), reference.slice(z), prediction.geometry.slice_pixels());
  });
  Overlap overlap;
  for (const Overlap& slice : slices) overlap += slice;
  return overlap;
}

double dice(const Overlap& overlap) {
  const int64_t total = overlap.prediction_voxels() + overlap.reference_voxels();
  return total == 0 ? 1.0 : 2.0 * static_cast<double>(overlap.tp) / static_cast<double>(total);
}

double voe(const Overlap& overlap) {
  const int64_t either = overlap.tp + overlap.fp + overlap.fn;
  return either == 0 ? 0.0 : 100.0 * (1.0 - static_cast<double>(overlap.tp) / static_cast<double>(either));
}

std::optional<double> rvd(const Overlap& overlap, RvdConvention convention) {
  const int64_t prediction = overlap.prediction_voxels();
  const int64_t reference = overlap.reference_voxels();
  if (reference == 0) return prediction == 0 ? std::optional(0.0) : std::nullopt;
  // The difference is taken in integers, so that equal volumes give 0 and never -0.
  const auto percent = [&](int64_t difference) {
    return 100.0 * static_cast<double>(difference) / static_cast<double>(reference);
  };
  switch (convention) {
    case RvdConvention::kPaper:
      return percent(reference - prediction);
    case RvdConvention::kStandard:
      return percent(prediction - reference);
    case RvdConvention::kLits:
      return percent(std::abs(prediction - reference));
  }
  return std::nullopt;
}

}  // namespace hepatica
