#include "pipelines/arterial_readout.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "core/error.h"
#include "models/json_fields.h"

namespace hepatica {
namespace {

constexpr const char* kKey = "arterial_readout";
constexpr double kLargest = 1e4;

ArterialReadout::Score score_of(const nlohmann::json& object, const std::string& type, const std::string& file) {
  JsonFields numbers(object, "the arterial readout for " + type, file);
  if (!object.is_object()) numbers.refuse(type, "an object of coefficients", object.dump());
  ArterialReadout::Score score;
  score.intercept = numbers.number("intercept", -kLargest, kLargest);
  for (size_t i = 0; i < kArterialFeatures.size(); ++i) {
    score.coefficients[i] = numbers.number_or(0, kArterialFeatures[i], -kLargest, kLargest);
  }
  numbers.refuse_unknown();
  return score;
}

}  // namespace

// An object a type; coefficients of 0 may be absent.
ArterialReadout ArterialReadout::of(const LesionModel& model) {
  const auto found = model.metadata().find(kKey);
  if (found == model.metadata().end()) {
    throw Error("NO_ARTERIAL_READOUT",
                "Expected a lesion network that tells types from both phases, received one of the portal venous phase "
                "alone",
                model.path(), "arterial",
                "Leave out the arterial scan, or use weights whose metadata has arterial_readout");
  }
  const auto object = nlohmann::json::parse(found->second, nullptr, false);
  JsonFields types(object, "the lesion network", model.path());
  const std::string expected = "an object with CYS, ANG, HCC and MET";
  if (!object.is_object()) types.refuse(kKey, expected, found->second.substr(0, 100));
  ArterialReadout readout;
  for (size_t type = 0; type < readout.scores.size(); ++type) {
    const std::string code(kLesionCodes[type]);
    readout.scores[type] = score_of(types.at(code, expected), code, model.path());
  }
  types.refuse_unknown();
  return readout;
}

std::array<double, kLesionTypes> ArterialReadout::probabilities(const ArterialFeatures& features) const {
  std::array<double, kLesionTypes> result;
  for (size_t type = 0; type < result.size(); ++type) {
    const Score& score = scores[type];
    result[type] = std::inner_product(features.begin(), features.end(), score.coefficients.begin(), score.intercept);
  }
  const double highest = *std::max_element(result.begin(), result.end());
  double sum = 0;
  for (double& value : result) sum += value = std::exp(value - highest);
  for (double& value : result) value /= sum;
  return result;
}

}  // namespace hepatica
