#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "models/mdl_cnn/config.h"

using namespace hepatica;
using Json = nlohmann::json;

namespace {

void check_refused(const std::string& field, const Json& value) {
  Json json = Json::parse(MdlCnnConfig().to_json());
  json[field] = value;
  try {
    MdlCnnConfig::from_json(json.dump(), "other.safetensors");
    FAIL("accepted: " << json.dump());
  } catch (const Error& error) {
    CHECK(error.code == "WRONG_MODEL");
    CHECK(error.file == "other.safetensors");
    CHECK(error.field == field);
    CHECK(std::string(error.what()).find("the lesion network") != std::string::npos);
  }
}

}  // namespace

TEST_CASE("the lesion network's configuration survives its JSON") {
  MdlCnnConfig config;
  config.spacing_mm = 1.25;
  config.context_mm = {0};
  config.channels = {RegionChannel::kRelative, RegionChannel::kClipped};
  config.base_stages = 4;
  config.location_width = 64;
  config.threshold = 0.35;
  config.extent_threshold = 0.25;
  config.minimum_ml = 0.1;
  config.slab_mm = 5;
  config.type_temperature = 0.4;
  config.indeterminate_below = 0.6;
  CHECK(MdlCnnConfig::from_json(config.to_json()) == config);
  CHECK(config.input_planes() == 2);
  CHECK(config.stride() == 32);
  CHECK(MdlCnnConfig().input_planes() == 6);
}

TEST_CASE("weights of before types had a temperature load, and give what they gave") {
  Json json = Json::parse(MdlCnnConfig().to_json());
  json.erase("type_temperature");
  json.erase("indeterminate_below");
  const MdlCnnConfig config = MdlCnnConfig::from_json(json.dump());
  CHECK(config.type_temperature == 1);
  CHECK(config.indeterminate_below == 0);
}

TEST_CASE("what is not the lesion network's configuration is refused with the field's name") {
  check_refused("context_mm", {-3, 3});
  check_refused("context_mm", Json::array());
  check_refused("channels", Json::array());
  check_refused("channels", {"equalized", "equalized"});
  check_refused("channels", {"gradient"});
  check_refused("channels", "equalized");
  check_refused("base_stages", 0);
  check_refused("base_stages", 5);
  check_refused("location_width", 1 << 20);
  check_refused("threshold", 1);
  check_refused("extent_threshold", 0);
  check_refused("minimum_ml", -1);
  check_refused("type_temperature", 0);
  check_refused("indeterminate_below", 1.5);
  check_refused("attention", true);
}

TEST_CASE("a second network that says where lesions are is part of the configuration where there is one") {
  MdlCnnConfig config;
  CHECK_FALSE(Json::parse(config.to_json()).contains("location3d"));
  config.location3d = Lesion3dConfig{.wide = 32, .middle = 24, .fine = 16, .share = 1};
  CHECK(MdlCnnConfig::from_json(config.to_json()) == config);
  const auto field_of = [](const Json& second) {
    Json json = Json::parse(MdlCnnConfig().to_json());
    json["location3d"] = second;
    try {
      MdlCnnConfig::from_json(json.dump());
    } catch (const Error& error) {
      CHECK(error.code == "WRONG_MODEL");
      return error.field;
    }
    return std::string("accepted");
  };
  const Json good = config.location3d->to_json();
  CHECK(field_of(good) == "accepted");
  CHECK(field_of(nullptr) == "location3d");
  CHECK(field_of(0.5) == "location3d");
  for (const auto& [field, value] : std::vector<std::pair<std::string, Json>>{
           {"wide", 0}, {"middle", 1 << 20}, {"fine", "many"}, {"share", 1.5}, {"share", -0.1}, {"blind", true}}) {
    Json wrong = good;
    wrong[field] = value;
    CHECK(field_of(wrong) == field);
  }
  for (const char* const field : {"wide", "share"}) {
    Json wrong = good;
    wrong.erase(field);
    CHECK(field_of(wrong) == field);
  }
}
