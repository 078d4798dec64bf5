#include "dicom/order.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/vec3.h"
#include "dicom/phases.h"

namespace hepatica::dicom {
namespace {

constexpr double kMinAxialCosine = 0.70710678;  // 45 degrees
constexpr double kGantryTiltRadians = 0.0087;   // 0.5 degrees
// Less drift over the whole stack is rounding of the positions in the file, not a leaning axis.
constexpr double kDriftMm = 0.05;
constexpr int64_t kMaxVoxels = int64_t{1} << 32;

std::string in_mm(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

// The distance of slices when there is but one.
double lone_spacing(const FrameRef& frame) {
  const double between = frame.object->spacing_between_slices_mm.value_or(0);
  const double thickness = frame.header().thickness_mm.value_or(0);
  return between > 0 ? between : thickness > 0 ? thickness : 1.0;
}

// How far the stack shifts sideways for each millimetre along the normal: 0 but for a leaning axis (gantry tilt).
Vec3 lean_of(const std::vector<PlacedFrame>& frames, const Vec3& normal) {
  if (frames.size() < 2) return {0, 0, 0};
  const double height = frames.back().position_mm - frames.front().position_mm;
  const Vec3& first = *frames.front().frame.header().position_mm;
  const Vec3& last = *frames.back().frame.header().position_mm;
  const Vec3 sideways = along({last[0] - first[0], last[1] - first[1], last[2] - first[2]}, normal, -height);
  if (std::sqrt(dot(sideways, sideways)) <= kDriftMm) return {0, 0, 0};
  return along({0, 0, 0}, sideways, 1 / height);
}

[[noreturn]] void fail(const char* code, const FrameRef& frame, const std::string& why, const std::string& remedy) {
  throw Error(code, why, frame.object->path, field_name(tag::kImagePosition), remedy);
}

// Proposes interpolation only where it would give a volume of one scan.
std::string remedy_for_gaps(const std::vector<PlacedFrame>& frames);

// Steps that are whole multiples of the spacing have slices missing; other steps are irregular.
void check_steps(const std::vector<PlacedFrame>& frames, double spacing) {
  const double tolerance = tolerance_of(spacing);
  std::string missing;
  size_t missing_count = 0;
  const PlacedFrame* before_gap = nullptr;
  const PlacedFrame* irregular = nullptr;
  for (size_t i = 1; i < frames.size(); ++i) {
    const double step = frames[i].position_mm - frames[i - 1].position_mm;
    if (std::abs(step - spacing) <= tolerance) continue;
    const double multiple = std::round(step / spacing);
    if (multiple < 2 || std::abs(step - multiple * spacing) > tolerance) {
      if (!irregular) irregular = &frames[i];
      continue;
    }
    if (!before_gap) before_gap = &frames[i - 1];
    for (double k = 1; k < multiple; ++k) {
      if (++missing_count > 20) break;
      missing += (missing.empty() ? "" : ", ") + in_mm(frames[i - 1].position_mm + k * spacing);
    }
  }
  if (before_gap) {
    fail("MISSING_SLICE", before_gap->frame,
         "Slices are missing at " + missing + (missing_count > 20 ? " mm and further" : " mm") +
             " along the normal (spacing " + in_mm(spacing) + " mm)",
         remedy_for_gaps(frames));
  }
  if (irregular) {
    fail("IRREGULAR_SPACING", irregular->frame,
         "The slice at " + in_mm(irregular->position_mm) + " mm is not " + in_mm(spacing) +
             " mm from the one before, as most are",
         remedy_for_gaps(frames));
  }
}

// Every slice lies on the line through the first and the last, within the tolerance.
void check_line(const std::vector<PlacedFrame>& frames, const Axes& axes, const Vec3& lean, double spacing) {
  const Vec3& first = *frames.front().frame.header().position_mm;
  for (const PlacedFrame& placed : frames) {
    const double height = placed.position_mm - frames.front().position_mm;
    const Vec3 expected = along(along(first, axes.normal, height), lean, height);
    const Vec3& position = *placed.frame.header().position_mm;
    const double off_mm = distance(position, expected);
    if (off_mm <= tolerance_of(spacing)) continue;
    fail("IRREGULAR_SPACING", placed.frame,
         "The slice at " + in_mm(placed.position_mm) + " mm is shifted " + in_mm(off_mm) +
             " mm within its plane against the others",
         "Read the shifted slices apart; they cannot be put on one grid without resampling.");
  }
}

void check_even(const std::vector<PlacedFrame>& frames, double spacing) {
  for (size_t i = 0; i < frames.size(); ++i) {
    const double expected = frames[0].position_mm + static_cast<double>(i) * spacing;
    if (std::abs(frames[i].position_mm - expected) <= tolerance_of(spacing)) continue;
    fail("IRREGULAR_SPACING", frames[i].frame,
         "The slice at " + in_mm(frames[i].position_mm) + " mm lies " + in_mm(frames[i].position_mm - expected) +
             " mm off the even grid",
         remedy_for_gaps(frames));
  }
}

Slot slot_at(double position, const std::vector<PlacedFrame>& frames, double tolerance) {
  const auto above = std::ranges::lower_bound(frames, position, {}, &PlacedFrame::position_mm);
  const bool has_above = above != frames.end();
  const PlacedFrame& upper = has_above ? *above : frames.back();
  const PlacedFrame& lower = above == frames.begin() ? frames.front() : *(above - 1);
  const PlacedFrame& nearest =
      std::abs(upper.position_mm - position) < std::abs(lower.position_mm - position) ? upper : lower;
  if (std::abs(nearest.position_mm - position) <= tolerance) return {nearest.frame, std::nullopt, 0, position};
  const double weight = (position - lower.position_mm) / (upper.position_mm - lower.position_mm);
  return {lower.frame, upper.frame, weight, position};
}

bool same_frame(const FrameRef& a, const FrameRef& b) { return a.object == b.object && a.frame == b.frame; }

// The even grid of the median spacing that the most frames lie on, within the range of the frames.
void fill_even_slots(const std::vector<PlacedFrame>& frames, double spacing, SlicePlan& plan) {
  const double tolerance = tolerance_of(spacing);
  const double anchor = best_anchor(frames, spacing, tolerance);
  const double first = std::ceil((frames.front().position_mm - anchor - tolerance) / spacing);
  const double last = std::floor((frames.back().position_mm - anchor + tolerance) / spacing);
  if (last - first + 1 > 2.0 * static_cast<double>(frames.size())) {
    fail("MISSING_SLICE", frames.front().frame,
         "More slices would have to be interpolated than there are: " + in_mm(spacing) + " mm apart from " +
             in_mm(frames.front().position_mm) + " to " + in_mm(frames.back().position_mm) + " mm",
         "Fetch the whole series.");
  }
  for (double k = first; k <= last; ++k) plan.slots.push_back(slot_at(anchor + k * spacing, frames, tolerance));
  for (const PlacedFrame& placed : frames) {
    const bool used = std::ranges::any_of(
        plan.slots, [&](const Slot& slot) { return !slot.above && same_frame(slot.frame, placed.frame); });
    if (!used) plan.off_grid.push_back(placed.frame);
  }
}

// What would tell the two scans apart that a slot mixes; null where none does.
const PhaseKey* find_mixture(const SlicePlan& plan, const std::vector<PlacedFrame>& frames) {
  for (const Slot& slot : plan.slots) {
    const PhaseKey* key = slot.above ? find_mixture(slot.frame, *slot.above, frames) : nullptr;
    if (key) return key;
  }
  return nullptr;
}

std::string remedy_for_gaps(const std::vector<PlacedFrame>& frames) {
  try {
    const double spacing = median_step(frames);
    const Axes axes = axes_of(frames.front().frame);
    SlicePlan plan;
    fill_even_slots(frames, spacing, plan);
    check_line(frames, axes, lean_of(frames, axes.normal), spacing);
    const PhaseKey* key = find_mixture(plan, frames);
    if (!key) return "Fetch the whole series, or read with gaps: 'interpolate'.";
    return std::string("Read the slices of one ") + key->name +
           " alone; to interpolate would mix scans that differ in it.";
  } catch (const Error&) {
    return "Fetch the whole series.";
  }
}

bool is_even(const std::vector<PlacedFrame>& frames, double median) {
  try {
    check_steps(frames, median);
    const double height = frames.back().position_mm - frames.front().position_mm;
    check_even(frames, height / static_cast<double>(frames.size() - 1));
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Fills the slots; returns the distance of slices along the normal.
double fill_slots(const std::vector<PlacedFrame>& frames, bool interpolate_gaps, SlicePlan& plan) {
  if (frames.size() > 1) {
    const double median = median_step(frames);
    if (interpolate_gaps && !is_even(frames, median)) {
      fill_even_slots(frames, median, plan);
      if (!find_mixture(plan, frames)) return median;
      plan = {};
    }
    check_steps(frames, median);
  }
  for (const PlacedFrame& placed : frames) plan.slots.push_back({placed.frame, std::nullopt, 0, placed.position_mm});
  if (frames.size() == 1) return lone_spacing(frames[0].frame);
  const double height = frames.back().position_mm - frames.front().position_mm;
  const double spacing = height / static_cast<double>(frames.size() - 1);
  check_even(frames, spacing);
  return spacing;
}

}  // namespace

bool is_axial(const FrameRef& frame) { return std::abs(axes_of(frame).normal[2]) >= kMinAxialCosine; }

SlicePlan plan_slices(const std::vector<PlacedFrame>& frames, bool interpolate_gaps) {
  SlicePlan plan;
  const FrameRef& any = frames.front().frame;
  const Axes axes = axes_of(any);
  const double spacing = fill_slots(frames, interpolate_gaps, plan);
  const Vec3 lean = lean_of(frames, axes.normal);
  check_line(frames, axes, lean, spacing);
  const Vec3 step = along(axes.normal, lean, 1);
  const Vec3 z_axis = unit(step);
  const double first_height = plan.slots.front().position_mm - frames.front().position_mm;
  Geometry& geometry = plan.geometry;
  geometry.size = {any.object->format.columns, any.object->format.rows, static_cast<int64_t>(plan.slots.size())};
  if (geometry.voxel_count() > kMaxVoxels) {
    throw Error("VOLUME_TOO_LARGE", "The volume would have more than 2^32 voxels", any.object->path, "",
                "Read a part of the series.");
  }
  const auto& row_column = *any.header().row_column_mm;
  geometry.spacing_mm = {row_column[1], row_column[0], spacing * std::sqrt(dot(step, step))};
  geometry.origin_mm = along(*any.header().position_mm, step, first_height);
  geometry.direction = {axes.row[0], axes.column[0], z_axis[0],      axes.row[1], axes.column[1],
                        z_axis[1],   axes.row[2],    axes.column[2], z_axis[2]};
  plan.gantry_tilt = std::atan(std::sqrt(dot(lean, lean))) > kGantryTiltRadians;
  return plan;
}

}  // namespace hepatica::dicom
