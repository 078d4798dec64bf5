// What is measured of each network, in one precision: {inputs (their shapes), gflop, ms, convolutions}.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "models/encoder3d/model.h"
#include "models/lesion_model.h"
#include "models/segmenter_model.h"
#include "runtime/precision.h"
#include "timing.h"

namespace hepatica::bench {

nlohmann::json time_network(const SegmenterModel& model, Precision precision, const Shape& shape, int repeats);
nlohmann::json time_network(const LesionModel& model, Precision precision, const Shape& shape, int repeats);
// The fine network alone, with all that is done about it on the CPU: the box's cells in, the structure's probability
// out.
nlohmann::json time_network(const Encoder3dModel& model, Precision precision, const Shape& shape, int repeats);

// A lesion network's 3-D network alone, where all cells are liver.
struct Location3d {
  const LesionModel& model;
};
nlohmann::json time_network(const Location3d& location, Precision precision, const Shape& shape, int repeats);

// The fp32 probabilities, raw floats, to compare with the peer's.
void write_outputs(const SegmenterModel& model, const Shape& shape, const std::string& path);
void write_outputs(const LesionModel& model, const Shape& shape, const std::string& path);
void write_outputs(const Encoder3dModel& model, const Shape& shape, const std::string& path);
void write_outputs(const Location3d& location, const Shape& shape, const std::string& path);

}  // namespace hepatica::bench
