#include "training/tasks/structure/plan.h"

#include <doctest/doctest.h>

#include "core/error.h"

using namespace hepatica;

namespace {

std::string field_refused(const std::string& json) {
  try {
    parse_structure_plan(json);
  } catch (const Error& error) {
    CHECK(error.code == "INVALID_ARGUMENT");
    return error.field;
  }
  return "nothing";
}

const std::string kCases = R"("cases":[{"patient":"a","image":"a.nii","label":"m.nii"}])";

}  // namespace

TEST_CASE("a plan is read with defaults where it is silent") {
  const StructureTrainingPlan plan = parse_structure_plan(
      "{" + kCases + R"(,"options":{"output":"w.safetensors","schedule":"cosine","augmentation":{"enabled":true}}})");
  CHECK(plan.cases.at(0).patient == "a");
  CHECK(plan.options.epochs == 200);
  CHECK(plan.options.batch_size == 32);
  CHECK(plan.options.schedule == LearningRateSchedule::kCosine);
  CHECK(plan.options.augmentation.enabled);
  CHECK(plan.options.preprocess.hu_min == -100);
}

TEST_CASE("wrong plans are refused by field") {
  CHECK(field_refused("nonsense") == "plan");
  CHECK(field_refused(R"({"cases":[],"options":{"output":"w"}})") == "cases");
  CHECK(field_refused("{" + kCases + R"(,"options":{}})") == "options.output");
  CHECK(field_refused("{" + kCases + R"(,"options":{"output":"w","epochs":1.5}})") == "plan.options.epochs");
  CHECK(field_refused("{" + kCases + R"(,"options":{"output":"w","epochs":0}})") == "options.epochs");
  CHECK(field_refused("{" + kCases + R"(,"options":{"output":"w","speed":1}})") == "plan.options");
  CHECK(field_refused("{" + kCases + R"(,"options":{"output":"w","schedule":"steps"}})") == "plan.options.schedule");
}
