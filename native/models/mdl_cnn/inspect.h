// What the lesion network's filters look like and what they answer on one slice of a liver: the paper's figure 8.
#pragma once

#include <cstdint>
#include <vector>

#include "models/feature_maps.h"
#include "models/mdl_cnn/config.h"
#include "models/mdl_cnn/region_input.h"
#include "models/state_dict.h"

namespace hepatica {

// "filters": the base's first layer on the slice itself, batch norm and the picture's scaling folded in; then the
// activations after ReLU on slice `index` of the region, in fp32 on `device`: "conv1" and "layer1", ... (the base),
// "location1" to "location7" and "class1" to "class7".
std::vector<FeatureMaps> inspect_region(const MdlCnnConfig& config, const StateDict& state, const at::Device& device,
                                        const RegionInput& region, int64_t index);

}  // namespace hepatica
