#include "models/registry.h"

#include <array>
#include <string_view>

#include "models/base_model.h"
#include "models/encoder3d/model.h"
#include "models/lesion_model.h"
#include "models/segmenter_model.h"
#include "models/weights/read_state_dict.h"

namespace hepatica {
namespace {

using Load = std::shared_ptr<const NetworkModel> (*)(const std::string& path);

struct Kind {
  std::string_view name;
  Load load;
};

template <class Model>
constexpr Kind kind_of() {
  return {Model::kKind,
          [](const std::string& path) -> std::shared_ptr<const NetworkModel> { return Model::load(path); }};
}

// The first says what is wrong with a file of no kind or of one that is none of these.
constexpr std::array kKinds = {kind_of<SegmenterModel>(), kind_of<Encoder3dModel>(), kind_of<LesionModel>(),
                               kind_of<BaseModel>()};

}  // namespace

std::shared_ptr<const NetworkModel> load_network_model(const std::string& path) {
  if (is_torch_file(path)) return BaseModel::load(path);
  const SafetensorsFile file(path);
  const auto named = file.metadata().find("kind");
  if (named == file.metadata().end() && looks_like_base(file.names())) return BaseModel::load(path);
  for (const Kind& kind : kKinds) {
    if (named != file.metadata().end() && named->second == kind.name) return kind.load(path);
  }
  return kKinds.front().load(path);
}

}  // namespace hepatica
