#include "dicom/phase_keys.h"

#include <array>
#include <cstdio>

#include "dicom/values.h"

namespace hepatica::dicom {
namespace {

using enum PhaseKey::Kind;

std::string number_text(double number) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", number);
  return text.data();
}

// "2.50" and "2.5" are the same.
std::string number_text(const std::string& text) {
  const std::optional<double> number = parse_number(text);
  return number ? number_text(*number) : text;
}

std::string image_type(const FrameRef& frame) {
  std::string text;
  for (const std::string& value : frame.header().image_type) text += (text.empty() ? "" : "\\") + value;
  return text;
}

std::string thickness(const FrameRef& frame) {
  const auto& mm = frame.header().thickness_mm;
  return mm ? number_text(*mm) : std::string();
}

constexpr PhaseKey kPhaseKeys[] = {
    {"TemporalPosition", kNumber, [](const FrameRef& frame) { return frame.header().temporal_position; }},
    {"AcquisitionNumber", kNumber, [](const FrameRef& frame) { return frame.header().acquisition; }},
    {"TriggerTime", kNumber, [](const FrameRef& frame) { return frame.header().trigger_time; }},
    {"SeriesDescription", kName, [](const FrameRef& frame) { return frame.object->series_description; }},
    {"ContrastBolusAgent", kName, [](const FrameRef& frame) { return frame.object->contrast_agent; }},
    {"ConvolutionKernel", kName, [](const FrameRef& frame) { return frame.header().kernel; }},
    {"FilterType", kName, [](const FrameRef& frame) { return frame.header().filter; }},
    {"KVP", kNumber, [](const FrameRef& frame) { return number_text(frame.header().kvp); }},
    {"ImageType", kName, image_type},
    {"SliceThickness", kNumber, thickness},
    {"AcquisitionDateTime", kOrder, [](const FrameRef& frame) { return frame.header().acquisition_date_time; }},
    {"AcquisitionTime", kOrder, [](const FrameRef& frame) { return frame.object->acquisition_time; }},
    {"ContentTime", kOrder, [](const FrameRef& frame) { return frame.object->content_time; }},
    {"InstanceNumber", kOrder, [](const FrameRef& frame) { return frame.object->instance_number; }},
};

}  // namespace

std::span<const PhaseKey> phase_keys() { return kPhaseKeys; }

std::optional<double> ordinal_of(const PhaseKey& key, const std::string& value) {
  if (key.kind == kName) return std::nullopt;
  // The zone at the end of a date and time is that of the series.
  return parse_number(key.kind == kOrder ? value.substr(0, value.find_first_of("+-&")) : value);
}

}  // namespace hepatica::dicom
