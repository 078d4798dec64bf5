#include "runtime/precision.h"

#include <doctest/doctest.h>

#include "core/error.h"
#include "platform/cpu_features.h"
#include "runtime/device.h"

using namespace hepatica;

TEST_CASE("precision follows what the CPU computes") {
  const ComputeDevice cpu = ComputeDevice::cpu();
  CHECK(choose_precision(PrecisionChoice::kFp32, cpu) == Precision::kFp32);
  if (cpu_has_bf16()) {
    CHECK(choose_precision(PrecisionChoice::kAuto, cpu) == Precision::kBf16);
    CHECK(choose_precision(PrecisionChoice::kBf16, cpu) == Precision::kBf16);
  } else {
    CHECK(choose_precision(PrecisionChoice::kAuto, cpu) == Precision::kFp32);
    CHECK_THROWS_AS(choose_precision(PrecisionChoice::kBf16, cpu), Error);
  }
  CHECK_THROWS_WITH_AS(choose_precision(PrecisionChoice::kTf32, cpu), "This CPU does not compute in tf32", Error);
}

TEST_CASE("fp32 is never tf32, which is computed where it was asked for and a GPU has it") {
  const ComputeDevice ampere{.index = 0, .label = "cuda:0 A", .bf16 = true, .tf32 = true};
  CHECK(choose_precision(PrecisionChoice::kFp32, ampere) == Precision::kFp32);
  CHECK(choose_precision(PrecisionChoice::kTf32, ampere) == Precision::kTf32);
  CHECK(choose_precision(PrecisionChoice::kAuto, ampere) == Precision::kBf16);
  const ComputeDevice turing{.index = 1, .label = "cuda:1 T"};
  CHECK(choose_precision(PrecisionChoice::kAuto, turing) == Precision::kFp32);
  CHECK_THROWS_WITH_AS(choose_precision(PrecisionChoice::kTf32, turing), "cuda:1 T does not compute in tf32", Error);
}
