// The four kinds of lesion that are told apart (paper, Materials and methods), and how a mask of lesions says them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace hepatica {

// The values are those of a lesion-type mask: 0 is no lesion.
enum class LesionType : uint8_t { kCyst = 1, kHaemangioma = 2, kHcc = 3, kMetastasis = 4, kUnknown = 5 };

inline constexpr int kLesionTypes = 4;
// Order of class channels and probabilities; codes as in the paper.
inline constexpr std::array<std::string_view, kLesionTypes> kLesionCodes = {"CYS", "ANG", "HCC", "MET"};

// From a class channel's index, 0 to 3.
constexpr LesionType lesion_type(int channel) { return static_cast<LesionType>(channel + 1); }
// From 0; -1 for kUnknown.
constexpr int class_channel(LesionType type) { return type == LesionType::kUnknown ? -1 : static_cast<int>(type) - 1; }
constexpr bool is_malignant(LesionType type) { return type == LesionType::kHcc || type == LesionType::kMetastasis; }

}  // namespace hepatica
