#include "training/loop/checkpoint.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/pending_file.h"
#include "models/weights/safetensors.h"

namespace hepatica {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kFormat = "hepatica-training-3";

struct Part {
  const char* prefix;
  StateDict TrainingState::*tensors;
};

// Parts of the state share one file, each under a prefix of its own.
constexpr Part kParts[] = {{"network/", &TrainingState::network},
                           {"average/", &TrainingState::average},
                           {"best/", &TrainingState::best},
                           {"optimizer/", &TrainingState::optimizer}};

StateDict take(const StateDict& all, const std::string& prefix) {
  StateDict part;
  for (auto entry = all.lower_bound(prefix); entry != all.end() && entry->first.starts_with(prefix); ++entry) {
    part[entry->first.substr(prefix.size())] = entry->second;
  }
  return part;
}

[[noreturn]] void refuse_corrupt(const std::string& file, const std::string& why) {
  throw Error("CORRUPT_CHECKPOINT", "The checkpoint cannot be read: " + why, file, {},
              "Delete the checkpoint folder and train anew");
}

TrainingState parse_checkpoint(const std::string& path, const std::string& identity) {
  const SafetensorsFile file(path);
  const Metadata& metadata = file.metadata();
  const auto value = [&](const char* key) -> const std::string& {
    const auto found = metadata.find(key);
    if (found == metadata.end()) refuse_corrupt(path, std::string("its metadata lack ") + key);
    return found->second;
  };
  if (value("format") != kFormat) refuse_corrupt(path, "it is of another version");
  if (value("identity") != identity) {
    throw Error("CHECKPOINT_MISMATCH", "The checkpoint belongs to a run with other options or another dataset", path,
                {}, "Resume with the same options and dataset, or name another checkpoint folder");
  }
  TrainingState state;
  const Json progress = Json::parse(value("progress"));
  state.epochs_done = progress.at("epochs").get<int64_t>();
  state.steps_done = progress.at("steps").get<int64_t>();
  state.seconds = progress.at("seconds").get<double>();
  state.history = parse_history(value("history"), path);
  const StateDict all = file.tensors();
  for (const Part& part : kParts) state.*part.tensors = take(all, part.prefix);
  return state;
}

}  // namespace

std::string last_checkpoint_path(const std::string& folder) { return (fs::path(folder) / "last.safetensors").string(); }

std::string best_checkpoint_path(const std::string& folder) { return (fs::path(folder) / "best.safetensors").string(); }

void write_checkpoint(const std::string& folder, const TrainingState& state, const std::string& identity) {
  StateDict all;
  for (const Part& part : kParts) {
    for (const auto& [name, tensor] : state.*part.tensors) all[part.prefix + name] = tensor;
  }
  const Json progress = {{"epochs", state.epochs_done}, {"steps", state.steps_done}, {"seconds", state.seconds}};
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) {
    throw Error("OUTPUT_UNWRITABLE", "The checkpoint folder cannot be made: " + failure.message(), folder,
                "checkpointFolder", "Name a folder that can be written");
  }
  // What a run that was killed while it wrote left. Nobody else writes here.
  remove_abandoned(
      folder, [](std::string_view file) { return file == "last.safetensors" || file == "best.safetensors"; }, 0);
  write_safetensors(last_checkpoint_path(folder), all,
                    {{"format", kFormat},
                     {"identity", identity},
                     {"progress", progress.dump()},
                     {"history", history_json(state.history)}});
}

std::optional<TrainingState> read_checkpoint(const std::string& folder, const std::string& identity) {
  const std::string path = last_checkpoint_path(folder);
  if (!fs::exists(path)) return std::nullopt;
  try {
    return parse_checkpoint(path, identity);
  } catch (const Json::exception&) {
    refuse_corrupt(path, "its progress is not what was written");
  } catch (const Error& error) {
    if (error.code != "NOT_SAFETENSORS" && error.code != "CORRUPT_WEIGHTS") throw;
    refuse_corrupt(path, error.what());
  }
}

}  // namespace hepatica
