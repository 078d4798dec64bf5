#include "training/tasks/lesions/plan.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace hepatica;

namespace {

std::string field_refused(const std::string& a_case, const std::string& options = {}) {
  try {
    parse_lesion_plan("{\"cases\":[" + a_case + R"(],"options":{"output":"w")" + options + "}}");
  } catch (const Error& error) {
    CHECK(error.code == "INVALID_ARGUMENT");
    return error.field;
  }
  return "nothing";
}

const std::string kLabel = R"({"patient":"a","image":"a.nii","label":"m.nii","liver_values":[1,2])";

}  // namespace

TEST_CASE("a lesion plan is read with defaults where it is silent") {
  const LesionTrainingPlan plan = parse_lesion_plan(
      "{\"cases\":[" + kLabel + R"(,"lesion_values":[{"value":2,"type":"unknown"},{"value":3,"type":"CYS"}]}],)" +
      R"("options":{"output":"w","keep":"last"}})");
  REQUIRE(plan.cases.at(0).lesion_values.size() == 2);
  CHECK(plan.cases[0].lesion_values[1].type == LesionType::kCyst);
  CHECK(plan.cases[0].marked);
  CHECK(plan.options.keep == KeptWeights::kLast);
  CHECK(plan.options.max_lesion_share == 0.4);
  CHECK(plan.options.batch_size == 32);
}

TEST_CASE("wrong lesion plans are refused by field") {
  CHECK(field_refused(kLabel + R"(,"lesion_values":[{"value":2,"type":"cyst"}]})") ==
        "plan.cases[0].lesion_values[0].type");
  CHECK(field_refused(kLabel + R"(,"lesion_values":[{"value":2},{"value":2}]})") == "cases.0.lesion_values");
  CHECK(field_refused(kLabel + R"(,"marked":false})") == "cases.0.marked");
  CHECK(field_refused(R"({"patient":"a","image":"a.nii","label":"m.nii"})") == "cases.0.liver");
  CHECK(field_refused(kLabel + "}", R"(,"frozen_epochs":2)") == "options.frozen_epochs");
  CHECK(field_refused(kLabel + "}", R"(,"best_by":"luck")") == "plan.options.best_by");
}
