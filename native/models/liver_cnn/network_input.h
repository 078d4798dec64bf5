// What the liver network sees of a scan, shared by training and inference: pictures on the network grid and the body's
// box in each slice; and how channels are put together from them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/run.h"
#include "core/volume.h"
#include "grid/network_grid.h"
#include "models/liver_cnn/config.h"
#include "ops/body_box.h"

namespace hepatica {

struct NetworkInput {
  NetworkGrid grid;
  int64_t slices = 0;
  double slice_spacing_mm = 1;
  // Equalized pictures, order (z, y, x), 0 to 255.
  std::vector<uint8_t> pictures;
  // One a slice.
  std::vector<BodyBox> body;

  const uint8_t* picture(int64_t z) const { return pictures.data() + z * grid.pixels(); }
  int64_t nearest_slice(int64_t z, double offset_mm) const {
    return hepatica::nearest_slice(z, offset_mm, slice_spacing_mm, slices);
  }
};

// All but the pictures. `hu` lies in canonical orientation: index axes along +x, +y, +z of LPS.
NetworkInput make_network_frame(const Volume& hu, const LiverCnnConfig& config, Run& run);

// `hu` and `equalized` (same grid) lie in canonical orientation: index axes along +x, +y, +z of LPS.
NetworkInput make_network_input(const Volume& hu, const ByteVolume& equalized, const LiverCnnConfig& config, Run& run);

// From a canvas pixel to a network pixel: x' = xx x + xy y + x0, y' = yx x + yy y + y0; pixel centres are integers.
struct CanvasTransform {
  double xx = 1;
  double xy = 0;
  double x0 = 0;
  double yx = 0;
  double yy = 1;
  double y0 = 0;
};

// The coordinate channels of one canvas at the sub-sampled size, order (channel, row, column): the cell centres
// relative to the body's box, -1 at its left (upper) edge and 1 at its right (lower) one, clamped to [-1.5, 1.5].
void fill_coordinates(const BodyBox& body, const CanvasTransform& canvas, const LiverCnnConfig& config, int64_t rows,
                      int64_t columns, float* channels);

// The part of the network grid that inference looks at: every slice's body with a margin of two cells, in whole cells.
// Pixels over the grid's border are 0.
Canvas body_canvas(const NetworkInput& input, int64_t subsampling);

}  // namespace hepatica
