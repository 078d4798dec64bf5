#include "runtime/cpu_features.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/error.h"

using namespace hepatica;

TEST_CASE("precision follows what the CPU computes") {
  CHECK(choose_cpu_precision(PrecisionChoice::kFp32) == Precision::kFp32);
  if (cpu_has_bf16()) {
    CHECK(choose_cpu_precision(PrecisionChoice::kAuto) == Precision::kBf16);
    CHECK(choose_cpu_precision(PrecisionChoice::kBf16) == Precision::kBf16);
  } else {
    CHECK(choose_cpu_precision(PrecisionChoice::kAuto) == Precision::kFp32);
    CHECK_THROWS_AS(choose_cpu_precision(PrecisionChoice::kBf16), Error);
  }
}

TEST_CASE("bf16 is listed among the features where it is used") {
  const std::vector<std::string> features = cpu_features();
  const bool listed =
      std::any_of(features.begin(), features.end(), [](const std::string& name) { return name.ends_with("_bf16"); });
  CHECK(listed == cpu_has_bf16());
}
