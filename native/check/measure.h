// Times and amounts of work.
#pragma once

#include <functional>

#include "check/report.h"
#include "check/target.h"

namespace hepatica::check {

// The least of several times, after calls that are not counted.
double seconds_of(const Target& target, const std::function<void()>& work);

// Multiply-adds times two of the convolutions that `work` runs through ATen on this thread.
double flop_of(const std::function<void()>& work);

// FLOP/s of a large product of matrices.
struct Peaks {
  double bf16 = 0;
  double fp32 = 0;
};
Peaks measure_peaks(const Target& target, Report& report);

// Of tensors on a GPU since forget_peak_memory().
double peak_gigabytes(const Target& target);
void forget_peak_memory(const Target& target);

}  // namespace hepatica::check
