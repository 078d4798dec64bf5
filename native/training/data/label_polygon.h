// An outline that marks a structure, as a caller gives it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hepatica {

// A closed outline in one slice, in pixels (pixel centres at integers); slices are named by SOPInstanceUID where the
// image holds it, else by index.
struct LabelPolygon {
  int64_t slice = -1;
  std::string sop_instance_uid;
  bool hole = false;
  std::vector<float> points;  // x0, y0, x1, y1, …
};

}  // namespace hepatica
