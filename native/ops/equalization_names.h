// How options, plans and weights name the ways to equalize.
#pragma once

#include <array>
#include <utility>

#include "ops/preprocess.h"

namespace hepatica {

inline constexpr std::array<std::pair<const char*, Equalization>, 3> kEqualizationNames = {
    {{"global", Equalization::kGlobal}, {"clahe", Equalization::kClahe}, {"none", Equalization::kNone}}};

}  // namespace hepatica
