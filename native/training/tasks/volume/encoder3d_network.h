// The 3-D structure network (models/encoder3d) as a training sees it.
#pragma once

#include "models/encoder3d/config.h"
#include "training/tasks/volume/network.h"

namespace hepatica {

// Its fine network learns; the locator's weights stay as they were given.
VolumeNetworkKind encoder3d_kind(const Encoder3dConfig& config);

}  // namespace hepatica
