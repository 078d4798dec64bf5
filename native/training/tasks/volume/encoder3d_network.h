// The 3-D structure network (models/encoder3d) as a training sees it.
#pragma once

#include <string>

#include "models/encoder3d/config.h"
#include "training/tasks/volume/network.h"

namespace hepatica {

// Its fine network learns; the locator, which finds `structure`, stays as it was given.
VolumeNetworkKind encoder3d_kind(const Encoder3dConfig& config, const std::string& structure);

}  // namespace hepatica
