// What tells the phases and reconstructions of one series apart: contrast, time, heart, energy, filter.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "dicom/group.h"

namespace hepatica::dicom {

struct PhaseKey {
  enum class Kind {
    kName,
    kNumber,
    kOrder,  // a time or a number that slices of one scan may each have of their own
  };

  const char* name;
  Kind kind;
  std::string (*value)(const FrameRef&);
};

// In the order in which they are looked at.
std::span<const PhaseKey> phase_keys();

// A value to order by; nullopt where it is none.
std::optional<double> ordinal_of(const PhaseKey& key, const std::string& value);

}  // namespace hepatica::dicom
