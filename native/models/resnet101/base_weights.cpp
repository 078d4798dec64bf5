#include "models/resnet101/base_weights.h"

#include <ATen/ops/isfinite.h>

#include <map>

#include "core/error.h"
#include "models/json_fields.h"
#include "models/layers/recorded_layers.h"
#include "models/weights/read_state_dict.h"
#include "models/weights/safetensors.h"

namespace hepatica {
namespace {

// "3 missing: a, b, c"; more than eight are cut off.
std::string listing(const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return {};
  std::string text = "; " + std::to_string(names.size()) + " " + what + ": ";
  for (size_t i = 0; i < names.size() && i < 8; ++i) text += (i > 0 ? ", " : "") + names[i].substr(0, 80);
  return names.size() > 8 ? text + ", ..." : text;
}

using Shapes = std::map<std::string, std::vector<int64_t>>;

// The classifier follows on the last stage.
Shapes network_of(int64_t stages) {
  const auto shapes = state_shapes(resnet101_layers(stages, stages == ResNet101::kStages));
  return {shapes.begin(), shapes.end()};
}

bool is_in(const std::string& name, int64_t stages, bool classifier) {
  if (name.starts_with("fc.")) return classifier;
  return !name.starts_with("layer") || name[5] - '0' <= stages;
}

// A file may lack counters, and the classifier where none is wanted.
void check_names(const StateDict& found, const Shapes& whole, bool classifier, const std::string& path) {
  std::vector<std::string> missing;
  std::vector<std::string> surplus;
  std::vector<std::string> misshapen;
  for (const auto& [name, shape] : whole) {
    const auto match = found.find(name);
    const bool needed = !is_counter(name) && (classifier || !name.starts_with("fc."));
    if (match == found.end() && needed) missing.push_back(name);
    // Another head (other classes) is none of ours where the classifier is left out.
    if (match != found.end() && needed && match->second.sizes() != at::IntArrayRef(shape)) misshapen.push_back(name);
  }
  for (const auto& [name, tensor] : found) {
    if (!whole.contains(name)) surplus.push_back(name);
  }
  if (missing.empty() && surplus.empty() && misshapen.empty()) return;
  const std::string& first = !missing.empty() ? missing[0] : !surplus.empty() ? surplus[0] : misshapen[0];
  throw Error("WRONG_MODEL",
              path + " does not hold ResNet101 as torchvision names it" + listing(missing, "tensors missing") +
                  listing(surplus, "surplus") + listing(misshapen, "of another shape"),
              path, first, "Use torchvision's resnet101 or timm's resnet101 files");
}

// What hepatica or its scripts wrote says it; published files have all.
int64_t stages_of_file(const InputFile& input) {
  if (is_torch_file(input)) return ResNet101::kStages;
  const SafetensorsFile file(input);
  const auto kind = file.metadata().find("kind");
  const auto architecture = file.metadata().find("architecture");
  if (kind == file.metadata().end() || kind->second != ResNet101::kKind || architecture == file.metadata().end()) {
    return ResNet101::kStages;
  }
  const auto object = nlohmann::json::parse(architecture->second, nullptr, false);
  JsonFields fields(object, "ResNet101", input.name);
  if (!object.is_object()) fields.refuse("architecture", "a JSON object", "other text");
  const int64_t stages = fields.integer("stages", 1, ResNet101::kStages);
  fields.refuse_unknown();
  return stages;
}

void check_stages(int64_t held, int64_t wanted, const std::string& path) {
  if (wanted <= held) return;
  throw Error("WRONG_MODEL",
              "Expected base_stages to be at most " + std::to_string(held) + ", as many as " + path +
                  " holds of ResNet101, received " + std::to_string(wanted),
              path, "base_stages", "Lower base_stages, or start from a base with more stages");
}

}  // namespace

BaseWeights load_base(const InputFile& input, std::optional<int64_t> stages, bool classifier) {
  const std::string& path = input.name;
  const int64_t held = stages_of_file(input);
  BaseWeights base;
  base.stages = stages.value_or(held);
  check_stages(held, base.stages, path);
  const StateDict found = read_state_dict(input);
  const Shapes whole = network_of(held);
  check_names(found, whole, classifier, path);
  for (const auto& [name, shape] : whole) {
    if (!found.contains(name)) base.missing.push_back(name);
  }
  for (const auto& [name, tensor] : found) {
    if (!is_in(name, base.stages, classifier)) {
      base.left_out.push_back(name);
      continue;
    }
    if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>()) {
      throw Error("WRONG_MODEL", path + ": tensor " + name + " holds values that are not finite", path, name,
                  "Download the weights again");
    }
    if (name.ends_with("running_var") && tensor.lt(0).any().item<bool>()) {
      throw Error("WRONG_MODEL", path + ": tensor " + name + " holds a negative variance", path, name,
                  "Download the weights again");
    }
    base.state[name] = tensor;
  }
  return base;
}

StateDict first_stages(const StateDict& base, int64_t held, int64_t stages, const std::string& path) {
  check_stages(held, stages, path);
  StateDict state;
  for (const auto& [name, tensor] : base) {
    if (is_in(name, stages, false)) state[name] = tensor;
  }
  return state;
}

}  // namespace hepatica
