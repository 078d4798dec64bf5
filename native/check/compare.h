// How far a result lies from what was expected.
#pragma once

#include <ATen/core/Tensor.h>

#include "models/state_dict.h"

namespace hepatica::check {

// |found - expected| / |expected| in the Euclidean norm; infinite where a value is not finite or the shapes differ.
double relative_error(const at::Tensor& found, const at::Tensor& expected);

double largest_difference(const at::Tensor& found, const at::Tensor& expected);

// The same of all tensors as one vector; infinite where one lacks.
double relative_error(const StateDict& found, const StateDict& expected);

bool same_bytes(const StateDict& a, const StateDict& b);

}  // namespace hepatica::check
