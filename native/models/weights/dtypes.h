// The names of element types in safetensors files.
#pragma once

#include <c10/core/ScalarType.h>

#include <array>
#include <utility>

namespace hepatica {

inline constexpr std::array<std::pair<const char*, at::ScalarType>, 13> kSafetensorsDtypes = {{
    {"BOOL", at::kBool},
    {"U8", at::kByte},
    {"I8", at::kChar},
    {"I16", at::kShort},
    {"U16", at::kUInt16},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I32", at::kInt},
    {"U32", at::kUInt32},
    {"F32", at::kFloat},
    {"I64", at::kLong},
    {"U64", at::kUInt64},
    {"F64", at::kDouble},
}};

}  // namespace hepatica
