#include "platform/cpu_features.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace hepatica;

TEST_CASE("bf16 is listed among the features where it is used") {
  const std::vector<std::string> features = cpu_features();
  const bool listed =
      std::any_of(features.begin(), features.end(), [](const std::string& name) { return name.ends_with("_bf16"); });
  CHECK(listed == cpu_has_bf16());
}
