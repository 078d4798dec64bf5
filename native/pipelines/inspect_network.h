// Filters and activations of a segmenter on one slice of a scan.
#pragma once

#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "models/liver_cnn/inspect.h"
#include "models/segmenter_model.h"

namespace hepatica {

// `slice` is a z index of the volume as it is. The maps lie as the network sees them (canonical orientation, cut to the
// body); computed on the CPU. Throws INVALID_ARGUMENT for a slice outside the volume.
std::vector<FeatureMaps> inspect_network(const Volume& source, const SegmenterModel& model, int64_t slice, Run& run);

}  // namespace hepatica
