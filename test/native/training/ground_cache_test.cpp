#include "training/tasks/lesions/ground_cache.h"

#include <doctest/doctest.h>

#include <variant>
#include <vector>

#include "lesion_scans.h"
#include "synthesis/synthetic_lesions.h"

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

TEST_CASE("a liver that was surveyed once takes the lesions of every seed as if surveyed for each") {
  const LesionSource source = lesion_source("a", 16);
  const auto hu_of = [](const SyntheticLesions& made) { return std::get<std::vector<int16_t>>(made.volume.hu); };
  Run run;
  GroundCache cache;
  SyntheticLesionOptions options;
  options.min_count = 2;
  for (const uint64_t seed : {3, 4, 3}) {
    options.seed = seed;
    const SyntheticLesions expected = synthesize_lesions(source.volume, source.liver, &source.types, options, run);
    const SyntheticLesions made = synthesize_lesions(source.volume, *cache.survey(0, source, run), options, run);
    REQUIRE(made.lesions.size() >= 2);
    CHECK(hu_of(made) == hu_of(expected));
    CHECK(made.ids.voxels == expected.ids.voxels);
  }
}
