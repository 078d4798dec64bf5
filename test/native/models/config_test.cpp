#include "models/liver_cnn/config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

using namespace hepatica;
using Json = nlohmann::json;

namespace {

void check_refused(const Json& json, const std::string& field) {
  try {
    LiverCnnConfig::from_json(json.dump(), "other.safetensors");
    FAIL("accepted: " << json.dump());
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.file == "other.safetensors");
    CHECK(error.field == field);
    CHECK_FALSE(error.remedy.empty());
  }
}

Json changed(const std::string& field, const Json& value) {
  Json json = Json::parse(LiverCnnConfig().to_json());
  json[field] = value;
  return json;
}

}  // namespace

TEST_CASE("a configuration survives its JSON") {
  LiverCnnConfig config;
  config.spacing_mm = 1.5;
  config.context_mm = {-7.5, -2.5, 0, 2.5, 7.5};
  config.coordinates = {"x"};
  config.subsampling = 2;
  config.kernels = {7, 5, 3};
  config.dilations = {1, 2, 4};
  config.skip = SkipKind::kInput;
  config.head = HeadKind::kBilinear;
  config.head_kernel = 3;
  config.threshold = 0.45;
  config.z_smoothing_mm = 2;
  config.slice_step_mm = 2.5;
  CHECK(LiverCnnConfig::from_json(config.to_json()) == config);
}

TEST_CASE("what earlier versions wrote of a single pass is read, and not written again") {
  Json published = changed("passes", 1);
  published["prior_context_mm"] = Json::array();
  const LiverCnnConfig config = LiverCnnConfig::from_json(published.dump());
  CHECK(config == LiverCnnConfig());
  CHECK_FALSE(Json::parse(config.to_json()).contains("passes"));
}

TEST_CASE("channels follow from the configuration") {
  LiverCnnConfig config;
  CHECK(config.input_channels() == 5 * 9 + 2);
  CHECK(config.head_input_channels() == 320);
  CHECK(config.head_output_channels() == 18);
  config.context_mm = {-5, 0, 5};
  config.subsampling = 4;
  config.skip = SkipKind::kNone;
  config.head = HeadKind::kBilinear;
  CHECK(config.input_channels() == 3 * 16 + 2);
  CHECK(config.head_input_channels() == 128);
  CHECK(config.head_output_channels() == 2);
}

TEST_CASE("what is not this network's configuration is refused with the field's name") {
  Json without = Json::parse(LiverCnnConfig().to_json());
  without.erase("kernels");
  check_refused(without, "kernels");
  check_refused(Json::array(), "architecture");
  check_refused(changed("spacing_mm", "2"), "spacing_mm");
  check_refused(changed("spacing_mm", 0), "spacing_mm");
  check_refused(changed("kernels", {5, 4, 5}), "kernels");
  check_refused(changed("kernels", {5, 5}), "kernels");
  check_refused(changed("subsampling", 1000000), "subsampling");
  check_refused(changed("subsampling", 2.5), "subsampling");
  check_refused(changed("head", "linear"), "head");
  check_refused(changed("coordinates", {"y", "x"}), "coordinates");
  check_refused(changed("context_mm", Json::array()), "context_mm");
  check_refused(changed("passes", 2), "passes");
  check_refused(changed("prior_context_mm", {-5, 0, 5}), "prior_context_mm");
  check_refused(changed("head_kernel", 2), "head_kernel");
  check_refused(changed("attention", true), "attention");
  CHECK_THROWS_AS(LiverCnnConfig::from_json("{", ""), Error);
}
