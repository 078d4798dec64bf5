#include "core/huge_pages.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>

using namespace hepatica;

TEST_CASE("a vector mapped ahead on several threads is a vector of zeros") {
  for (const size_t count : {size_t{0}, size_t{3}, size_t{1} << 20U, (size_t{37} << 20U) + 5}) {
    Run run;
    std::vector<int16_t> values;
    resize_on_huge_pages(values, count, run);
    CHECK(values.size() == count);
    CHECK(std::ranges::count(values, 0) == std::ssize(values));
  }
}

TEST_CASE("mapping ahead stops where the run is cancelled") {
  Run run;
  run.cancel();
  std::vector<int16_t> values;
  CHECK_THROWS_AS(resize_on_huge_pages(values, size_t{1} << 24U, run), Cancelled);
}
