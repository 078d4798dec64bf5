#include "dicom/places.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

#include "core/vec3.h"

namespace hepatica::dicom {
namespace {

constexpr double kRoundingMm = 0.01;
constexpr double kNearMm = 0.35;
// Nearer to each other than to the next place, by far.
constexpr double kNearSteps = 0.4;

// The distance of places once frames near the first of a place are taken together.
double step_of_places(const std::vector<PlacedFrame>& frames) {
  std::vector<PlacedFrame> places;
  for (const PlacedFrame& placed : frames) {
    if (places.empty() || placed.position_mm - places.back().position_mm > kNearMm) places.push_back(placed);
  }
  return places.size() > 1 ? median_step(places) : kNearMm / kNearSteps;
}

}  // namespace

Axes axes_of(const FrameRef& frame) {
  const auto& o = *frame.header().orientation;
  const Vec3 row = unit({o[0], o[1], o[2]});
  const Vec3 column_in_file = {o[3], o[4], o[5]};
  const Vec3 column = unit(along(column_in_file, row, -dot(row, column_in_file)));
  return {row, column, cross(row, column)};
}

std::vector<PlacedFrame> place_frames(const std::vector<FrameRef>& frames) {
  std::vector<PlacedFrame> placed;
  if (frames.empty()) return placed;
  const Axes axes = axes_of(frames.front());
  placed.reserve(frames.size());
  for (const FrameRef& frame : frames) placed.push_back({frame, dot(axes.normal, *frame.header().position_mm)});
  std::ranges::sort(placed, {}, [](const PlacedFrame& p) {
    return std::tuple(p.position_mm, std::string_view(p.frame.object->sop_instance_uid),
                      std::string_view(p.frame.object->path), p.frame.frame);
  });
  return placed;
}

double median_step(const std::vector<PlacedFrame>& frames) {
  std::vector<double> steps;
  for (size_t i = 1; i < frames.size(); ++i) steps.push_back(frames[i].position_mm - frames[i - 1].position_mm);
  std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
  return steps[steps.size() / 2];
}

double tolerance_of(double spacing) { return std::max(0.05 * spacing, 0.1); }

bool has_even_steps(const std::vector<PlacedFrame>& frames) {
  if (frames.size() < 2) return true;
  const double step = median_step(frames);
  if (step <= kRoundingMm) return false;
  for (size_t i = 1; i < frames.size(); ++i) {
    // Of a jitter that may take the tolerance each way; thin slices must not pass as even where they are not.
    const double tolerance = std::min(tolerance_of(step), 0.25 * step);
    if (std::abs(frames[i].position_mm - frames[i - 1].position_mm - step) > tolerance) return false;
  }
  return true;
}

double same_place_mm(const std::vector<PlacedFrame>& frames) {
  if (has_even_steps(frames)) return kRoundingMm;
  return std::max(kRoundingMm, std::min(kNearMm, kNearSteps * step_of_places(frames)));
}

double best_anchor(const std::vector<PlacedFrame>& frames, double spacing, double tolerance) {
  const auto fitting = [&](double anchor) {
    return std::ranges::count_if(frames, [&](const PlacedFrame& placed) {
      const double steps = (placed.position_mm - anchor) / spacing;
      return std::abs(steps - std::round(steps)) * spacing <= tolerance;
    });
  };
  double best = frames[0].position_mm;
  auto most = fitting(best);
  for (const PlacedFrame& placed : frames) {
    if (const auto count = fitting(placed.position_mm); count > most) {
      most = count;
      best = placed.position_mm;
    }
  }
  return best;
}

}  // namespace hepatica::dicom
