// What a training's options say of its network: the fields that differ from the network it starts from.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace hepatica {

// `config` with the fields that `text`, JSON, gives; empty text: none. Throws WRONG_MODEL for other text, unknown
// fields and values out of their limits.
template <class Config>
Config with_architecture(const Config& config, const std::string& text) {
  if (text.empty()) return config;
  const auto changes = nlohmann::json::parse(text, nullptr, false);
  if (!changes.is_object()) return Config::from_json(text);
  auto whole = nlohmann::json::parse(config.to_json());
  whole.update(changes);
  return Config::from_json(whole.dump());
}

}  // namespace hepatica
