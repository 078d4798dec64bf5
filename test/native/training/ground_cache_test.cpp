#include "training/ground_cache.h"

#include <doctest/doctest.h>

#include "lesion_scans.h"

using namespace hepatica;
using namespace hepatica::test;

TEST_CASE("a liver's survey is kept for its next variant, within the limit") {
  const LesionSource first = lesion_source("a", 16);
  const LesionSource second = lesion_source("b", 32);
  Run run;
  GroundCache all;
  const auto ground = all.survey(0, first, run);
  CHECK(all.bytes() == ground->bytes());
  CHECK(all.survey(0, first, run) == ground);
  CHECK(all.survey(1, second, run) != ground);
  CHECK(all.bytes() > ground->bytes());

  GroundCache one(ground->bytes());
  const auto kept = one.survey(0, first, run);
  const auto passing = one.survey(1, second, run);
  CHECK(one.bytes() == ground->bytes());
  CHECK(one.survey(0, first, run) == kept);
  CHECK(one.survey(1, second, run) != passing);
  CHECK(one.survey(1, second, run)->parenchyma == passing->parenchyma);
}
