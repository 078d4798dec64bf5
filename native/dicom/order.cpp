#include "dicom/order.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "core/error.h"

namespace hepatica::dicom {
namespace {

constexpr double kMinAxialCosine = 0.70710678;  // 45 degrees
constexpr double kGantryTiltRadians = 0.0087;   // 0.5 degrees
// Less drift over the whole stack is rounding of the positions in the file, not a leaning axis.
constexpr double kDriftMm = 0.05;
constexpr int64_t kMaxVoxels = int64_t{1} << 32;

Vec3 cross(const Vec3& a, const Vec3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec3 along(const Vec3& from, const Vec3& direction, double distance) {
  return {from[0] + distance * direction[0], from[1] + distance * direction[1], from[2] + distance * direction[2]};
}
Vec3 unit(const Vec3& v) { return along({0, 0, 0}, v, 1 / std::sqrt(dot(v, v))); }

struct Axes {
  Vec3 row;
  Vec3 column;
  Vec3 normal;
};

// Orthonormal again: the file's cosines are rounded.
Axes axes_of(const FrameRef& frame) {
  const auto& o = *frame.header().orientation;
  const Vec3 row = unit({o[0], o[1], o[2]});
  const Vec3 column_in_file = {o[3], o[4], o[5]};
  const Vec3 column = unit(along(column_in_file, row, -dot(row, column_in_file)));
  return {row, column, cross(row, column)};
}

std::string in_mm(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", value);
  return text;
}

double median_step(const std::vector<PlacedFrame>& frames) {
  std::vector<double> steps;
  for (size_t i = 1; i < frames.size(); ++i) steps.push_back(frames[i].position_mm - frames[i - 1].position_mm);
  std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
  return steps[steps.size() / 2];
}

double tolerance_of(double spacing) { return std::max(0.05 * spacing, 0.1); }

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

constexpr const char* kGapRemedy = "Fetch the whole series, or read with gaps: 'interpolate'.";

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
         kGapRemedy);
  }
  if (irregular) {
    fail("IRREGULAR_SPACING", irregular->frame,
         "The slice at " + in_mm(irregular->position_mm) + " mm is not " + in_mm(spacing) +
             " mm from the one before, as most are",
         kGapRemedy);
  }
}

// Every slice lies on the line through the first and the last, within the tolerance.
void check_line(const std::vector<PlacedFrame>& frames, const Axes& axes, const Vec3& lean, double spacing) {
  const Vec3& first = *frames.front().frame.header().position_mm;
  for (const PlacedFrame& placed : frames) {
    const double height = placed.position_mm - frames.front().position_mm;
    const Vec3 expected = along(along(first, axes.normal, height), lean, height);
    const Vec3& position = *placed.frame.header().position_mm;
    const Vec3 off = {position[0] - expected[0], position[1] - expected[1], position[2] - expected[2]};
    const double distance = std::sqrt(dot(off, off));
    if (distance <= tolerance_of(spacing)) continue;
    fail("IRREGULAR_SPACING", placed.frame,
         "The slice at " + in_mm(placed.position_mm) + " mm is shifted " + in_mm(distance) +
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
         kGapRemedy);
  }
}

// Of all frames the one that most others lie a whole number of spacings away from.
double best_anchor(const std::vector<PlacedFrame>& frames, double spacing) {
  const auto fitting = [&](double anchor) {
    return std::ranges::count_if(frames, [&](const PlacedFrame& placed) {
      const double steps = (placed.position_mm - anchor) / spacing;
      return std::abs(steps - std::round(steps)) * spacing <= tolerance_of(spacing);
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
  const double anchor = best_anchor(frames, spacing);
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
      return median;
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

std::vector<PlacedFrame> place_frames(const std::vector<FrameRef>& frames) {
  const Axes axes = axes_of(frames.front());
  if (std::abs(axes.normal[2]) < kMinAxialCosine) {
    throw Error("UNSUPPORTED_ORIENTATION",
                frames.front().object->path + ": the slices are not axial (their normal leans more than 45 degrees)",
                frames.front().object->path, field_name(tag::kImageOrientation),
                "Reformat the series to axial slices, or read the axial series of the study.");
  }
  std::vector<PlacedFrame> placed;
  placed.reserve(frames.size());
  for (const FrameRef& frame : frames) placed.push_back({frame, dot(axes.normal, *frame.header().position_mm)});
  std::ranges::sort(placed, {}, [](const PlacedFrame& p) {
    return std::tuple(p.position_mm, std::string_view(p.frame.object->sop_instance_uid),
                      std::string_view(p.frame.object->path), p.frame.frame);
  });
  return placed;
}

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
