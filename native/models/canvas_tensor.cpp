#include "models/canvas_tensor.h"

#include <ATen/Context.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace hepatica {
namespace {

constexpr int64_t kSlicesAtOnce = 16;

// (target, source)
at::Tensor dense_matrix(const ResampleAxis& axis) {
  at::Tensor matrix = at::zeros({axis.target_size, axis.source_size});
  auto* values = matrix.mutable_data_ptr<float>();
  for (int64_t i = 0; i < axis.target_size; ++i) {
    for (int32_t w = axis.weight_begin[i]; w < axis.weight_begin[i + 1]; ++w) {
      values[i * axis.source_size + axis.first[i] + (w - axis.weight_begin[i])] = axis.weights[w];
    }
  }
  return matrix;
}

}  // namespace

at::Tensor canvas_tensor(const at::Tensor& pictures, const Geometry& source, const NetworkGrid& grid,
                         const Canvas& canvas) {
  const at::NoTF32Guard single_precision;
  const auto means = [&](int axis, int64_t grid_size, int64_t begin, int64_t count) {
    const ResampleAxis whole = grid_axis(source.size[axis], source.spacing_mm[axis], grid_size, grid.spacing_mm);
    return dense_matrix(axis_part(whole, begin, count)).to(pictures.device());
  };
  const at::Tensor columns = means(0, grid.width, canvas.x0, canvas.width).t();
  const at::Tensor rows = means(1, grid.height, canvas.y0, canvas.height);
  at::Tensor target = at::zeros({pictures.size(0), canvas.height, canvas.width}, pictures.options());
  for (int64_t begin = 0; begin < pictures.size(0); begin += kSlicesAtOnce) {
    const int64_t count = std::min(kSlicesAtOnce, pictures.size(0) - begin);
    const at::Tensor part = pictures.narrow(0, begin, count).to(at::kFloat);
    target.narrow(0, begin, count)
        .narrow(1, 0, rows.size(0))
        .narrow(2, 0, columns.size(1))
        .copy_(at::matmul(rows, at::matmul(part, columns)).round_());
  }
  return target;
}

}  // namespace hepatica
