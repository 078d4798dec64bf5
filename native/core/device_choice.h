// Where a call may compute, as its option `device` says it.
#pragma once

#include <optional>
#include <string>

namespace hepatica {

struct DeviceChoice {
  // kAuto: a GPU where one can be used, else the CPU; kCuda: a GPU or an error.
  enum class Kind { kAuto, kCpu, kCuda };

  Kind kind = Kind::kAuto;
  // Of the GPU, as CUDA counts them; the first one that can be used where absent.
  std::optional<int> index = std::nullopt;

  static const DeviceChoice kAuto;
  static const DeviceChoice kCpu;
  static const DeviceChoice kCuda;

  // "auto", "cpu", "cuda" or "cuda:1". Throws INVALID_ARGUMENT.
  static DeviceChoice parse(const std::string& text);
  std::string text() const;
};

inline constexpr DeviceChoice DeviceChoice::kAuto{Kind::kAuto};
inline constexpr DeviceChoice DeviceChoice::kCpu{Kind::kCpu};
inline constexpr DeviceChoice DeviceChoice::kCuda{Kind::kCuda};

}  // namespace hepatica
