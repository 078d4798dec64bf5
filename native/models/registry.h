// Which network a weights file holds.
#pragma once

#include <memory>
#include <string>

#include "models/network_model.h"

namespace hepatica {

// Of the class that the file's metadata "kind" names; published ResNet101, which has none, by its tensors. Throws as
// SafetensorsFile and load_base do, and WRONG_MODEL for other weights, naming file and field or tensor.
std::shared_ptr<const NetworkModel> load_network_model(const InputFile& input);

// Of a lesion network's file the paper's MDL-CNN alone. Throws as above, and WRONG_MODEL for a file of another kind.
std::shared_ptr<const NetworkModel> load_paper_network(const InputFile& input);

}  // namespace hepatica
