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

using Load = std::shared_ptr<const NetworkModel> (*)(const InputFile& input);

struct Kind {
  std::string_view name;
  Load load;
};

template <class Model>
constexpr Kind kind_of() {
  return {Model::kKind,
          [](const InputFile& input) -> std::shared_ptr<const NetworkModel> { return Model::load(input); }};
}

// The first says what is wrong with a file of no kind or of one that is none of these.
constexpr std::array kKinds = {kind_of<SegmenterModel>(), kind_of<Encoder3dModel>(), kind_of<LesionModel>(),
                               kind_of<BaseModel>()};

}  // namespace

std::shared_ptr<const NetworkModel> load_network_model(const InputFile& input) {
  if (is_torch_file(input)) return BaseModel::load(input);
  const SafetensorsFile file(input);
  const auto named = file.metadata().find("kind");
  if (named == file.metadata().end() && looks_like_base(file.names())) return BaseModel::load(input);
  for (const Kind& kind : kKinds) {
    if (named != file.metadata().end() && named->second == kind.name) return kind.load(input);
  }
  return kKinds.front().load(input);
}

std::shared_ptr<const NetworkModel> load_paper_network(const InputFile& input) {
  return LesionModel::load(input)->paper_network();
}

}  // namespace hepatica
