#include "platform/cpu_features.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

using namespace hepatica;

TEST_CASE("bf16 is listed among the features where it is used") {
  const std::vector<std::string> features = cpu_features();
  const bool listed =
      std::any_of(features.begin(), features.end(), [](const std::string& name) { return name.ends_with("_bf16"); });
  CHECK((listed || !cpu_has_bf16()));
  const bool limited = std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr || std::getenv("DNNL_MAX_CPU_ISA") != nullptr;
  if (!limited) CHECK(listed == cpu_has_bf16());
}

TEST_CASE("oneDNN's limit of instructions takes bf16 away where it lies below") {
  CHECK(isa_limit_leaves_bf16(""));
  CHECK(isa_limit_leaves_bf16("AVX512_CORE_BF16"));
  CHECK(isa_limit_leaves_bf16("ALL"));
  CHECK(isa_limit_leaves_bf16("avx9000"));
  CHECK_FALSE(isa_limit_leaves_bf16("AVX2"));
  CHECK_FALSE(isa_limit_leaves_bf16("avx512_core"));
}
