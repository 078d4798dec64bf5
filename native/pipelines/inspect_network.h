// Filters and activations of a network on one slice of a scan.
#pragma once

#include <vector>

#include "core/device_choice.h"
#include "core/run.h"
#include "core/volume.h"
#include "models/feature_maps.h"
#include "models/network_model.h"

namespace hepatica {

// `slice` is a z index of the volume as it is. The maps lie as the network sees them (canonical orientation; cut to the
// body, or to the liver); the pictures are made on the CPU. A lesion network needs the liver, on the volume's grid;
// others take no notice of it. Throws INVALID_ARGUMENT for a slice outside the volume or the liver, or where there is
// no liver; WRONG_MODEL for a model that is neither kind.
std::vector<FeatureMaps> inspect_network(const Volume& source, const Mask* liver, const NetworkModel& model,
                                         int64_t slice, const DeviceChoice& device, Run& run);

}  // namespace hepatica
