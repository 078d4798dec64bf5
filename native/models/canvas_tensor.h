// Pictures that lie on a device onto a part of the network grid, as resample_canvas does it on the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/geometry.h"
#include "grid/network_grid.h"

namespace hepatica {

// `pictures`: (slices, rows, columns) bytes of the source's slices. Returns (slices, canvas.height, canvas.width) bytes
// on the same device; 0 over the grid's border. In single precision whatever the device's mode is.
at::Tensor canvas_tensor(const at::Tensor& pictures, const Geometry& source, const NetworkGrid& grid,
                         const Canvas& canvas);

}  // namespace hepatica
