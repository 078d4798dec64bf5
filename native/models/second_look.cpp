#include "models/second_look.h"

#include <cmath>
#include <numeric>

#include "models/json_fields.h"

namespace hepatica {
namespace {

constexpr double kLargest = 1e4;

}  // namespace

SecondLook SecondLook::from_json(const std::string& text, const std::string& file) {
  const auto object = nlohmann::json::parse(text, nullptr, false);
  JsonFields numbers(object, "the second look at lesions", file);
  if (!object.is_object()) numbers.refuse(kKey, "an object of numbers", text.substr(0, 100));
  SecondLook look;
  look.candidate_above = numbers.number("candidate_above", 0.01, 0.99);
  look.keep_above = numbers.number("keep_above", 0, 1);
  look.intercept = numbers.number("intercept", -kLargest, kLargest);
  for (size_t i = 0; i < kLookFeatures.size(); ++i) {
    look.coefficients[i] = numbers.number(kLookFeatures[i], -kLargest, kLargest);
  }
  look.sharpness_otherwise = numbers.number("sharpness_otherwise", -kLargest, kLargest);
  numbers.refuse_unknown();
  return look;
}

double SecondLook::probability(const LookFeatures& features) const {
  const double score = std::inner_product(features.begin(), features.end(), coefficients.begin(), intercept);
  return 1 / (1 + std::exp(-score));
}

}  // namespace hepatica
