// A trained network that outlines a structure, of whatever kind.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/network_model.h"
#include "models/postprocessing.h"

namespace hepatica {

class StructureModel : public NetworkModel {
 public:
  // As messages name what is expected.
  static constexpr const char* kKind = "encoder3d or liver_cnn";

  // Of the metadata; the default where they hold none.
  const Postprocessing& postprocessing() const { return postprocessing_; }
  // How far along z the network looks, as offsets in mm.
  virtual std::vector<double> context_mm() const = 0;

 protected:
  StructureModel(const std::string& kind, const std::string& structure, const std::string& architecture,
                 const PreprocessOptions& preprocessing, StateDict state, Metadata metadata, std::string path)
      : NetworkModel(kind, structure, architecture, preprocessing, std::move(state), std::move(metadata),
                     std::move(path)),
        postprocessing_(Postprocessing::of(metadata_, path_)) {}

 private:
  Postprocessing postprocessing_;
};

}  // namespace hepatica
