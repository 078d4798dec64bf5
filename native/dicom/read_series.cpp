#include "dicom/read_series.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "dicom/assemble.h"
#include "dicom/check.h"
#include "dicom/copies.h"
#include "dicom/describe.h"
#include "dicom/group.h"
#include "dicom/order.h"
#include "dicom/phases.h"
#include "dicom/reformat.h"
#include "dicom/scan.h"

namespace hepatica {
namespace {

using namespace dicom;

void exclude_others(const std::vector<Series>& all, const Series& chosen, std::vector<ExcludedFile>& excluded) {
  for (const Series& series : all) {
    for (const UnfitObject& unfit : series.unfit) excluded.push_back(unfit.exclusion);
    if (&series == &chosen) continue;
    for (const DicomObject* object : series.objects) {
      excluded.push_back({object->path, "OTHER_SERIES", "it belongs to series " + series.uid});
    }
  }
}

void exclude_other_phases(const std::vector<SubVolume>& volumes, const SubVolume& chosen,
                          std::vector<ExcludedFile>& excluded) {
  for (const SubVolume& volume : volumes) {
    if (&volume == &chosen) continue;
    for (const FrameRef& frame : volume.frames) {
      const bool of_many = frame.object->multi_frame;
      excluded.push_back({frame.object->path, "OTHER_PHASE",
                          (of_many ? "frame " + std::to_string(frame.frame + 1) + " belongs" : "it belongs") +
                              " to another sub-volume: " + volume.label});
    }
  }
}

void apply(PixelValues values, Scan& scan) {
  if (values == PixelValues::kHu || values == PixelValues::kRaw) return;
  for (const auto& object : scan.objects) {
    object->format.padding.reset();
    object->format.padding_limit.reset();
    if (values != PixelValues::kStored) continue;
    for (FrameHeader& frame : object->frames) {
      frame.slope = 1;
      frame.intercept = 0;
    }
  }
}

std::vector<SubVolume> checked_volumes(const Series& series, bool raw, std::vector<ExcludedFile>& excluded, Run& run) {
  const std::vector<const DicomObject*> objects = drop_damaged_copies(series.objects, excluded);
  check_objects(objects, raw);
  std::vector<SubVolume> volumes;
  for (SubVolume& grid : split_grids(objects)) {
    grid.frames = drop_copies(grid.frames, excluded, run);
    for (SubVolume& phase : split_phases(std::move(grid))) volumes.push_back(std::move(phase));
  }
  warn_of_shared_uids(volumes, run);
  return volumes;
}

// Throws Error where the sub-volume is no stack of slices.
SlicePlan plan_volume(const SubVolume& volume, const ReadSeriesOptions& options, std::vector<ExcludedFile>& excluded,
                      Run& run) {
  check_frame_of_reference(volume.frames);
  const std::vector<PlacedFrame> slices = one_slice_a_place(place_frames(volume.frames), excluded, run);
  SlicePlan plan = plan_slices(slices, options.interpolate_gaps);
  std::vector<PlacedFrame> used = slices;
  std::erase_if(used, [&](const PlacedFrame& placed) {
    return std::ranges::any_of(plan.off_grid, [&](const FrameRef& frame) {
      return frame.object == placed.frame.object && frame.frame == placed.frame.frame;
    });
  });
  warn_of_strays(used, run);
  if (plan.gantry_tilt && !is_axial(volume.frames.front())) {
    const DicomObject& object = *volume.frames.front().object;
    throw Error("UNSUPPORTED_ORIENTATION",
                object.path + ": the slices are " + plane_of(plan.geometry) + " and lean against their axis",
                object.path, field_name(tag::kImageOrientation), "Read the axial series of the study.");
  }
  options.limit.check(plan.geometry.size, volume.frames.front().object->path, field_name(tag::kRows));
  return plan;
}

// Slices that are missing may lie in files that cannot be read. They were warned of, which an error does not tell.
SlicePlan plan_naming_damaged(const SubVolume& volume, const ReadSeriesOptions& options,
                              std::vector<ExcludedFile>& excluded, Run& run) {
  try {
    return plan_volume(volume, options, excluded, run);
  } catch (const Error& error) {
    const std::vector<Warning> warnings = run.warnings();
    const auto damaged = std::ranges::find(warnings, "DAMAGED_FILES", &Warning::code);
    if (damaged == warnings.end() || (error.code != "MISSING_SLICE" && error.code != "IRREGULAR_SPACING")) throw;
    throw Error(error.code, std::string(error.what()) + ". " + damaged->message, error.file, error.field, error.remedy);
  }
}

std::optional<Warning> find_problem(const SubVolume& volume, Run& run) {
  try {
    std::vector<ExcludedFile> ignored;
    plan_volume(volume, {}, ignored, run);
    return std::nullopt;
  } catch (const Error& error) {
    return Warning{error.code, error.what()};
  }
}

void reformat(SeriesVolume& series, Run& run) {
  SeriesReport& report = series.report;
  report.reformatted = plane_of(series.volume.geometry);
  series.volume = to_axial(series.volume, run);
  report.slices.assign(static_cast<size_t>(series.volume.geometry.slice_count()), {});
  report.interpolated.clear();
  std::vector<int> all(report.source.instances.size());
  std::iota(all.begin(), all.end(), 0);
  report.source.slices.assign(report.slices.size(), all);
  run.warn("REFORMATTED_SLICES",
           "The slices are " + report.reformatted +
               ": the volume is the same voxels in axial slices, which are as far apart as the pixels "
               "were, and whose pixels are as far apart as the slices were");
}

// Pixels in memory that the volume does not take.
void let_go_of_others(Scan& scan, const SlicePlan& plan) {
  std::set<const DicomObject*> needed;
  for (const Slot& slot : plan.slots) {
    needed.insert(slot.frame.object);
    if (slot.above) needed.insert(slot.above->object);
  }
  for (const auto& object : scan.objects) {
    if (!needed.contains(object.get())) object->held.reset();
  }
}

SeriesIntake intake_of(const std::vector<std::string>& paths) {
  SeriesIntake intake;
  for (const std::string& path : paths) intake.add_path(path);
  return intake;
}

// Why the series cannot be read, as far as can be told without decoding all of it; nullopt if it can, or one of its
// phases.
std::optional<Warning> find_problem(const Series& series, std::vector<SeriesPhase>& phases, Run& run) {
  try {
    choose_series({series}, series.uid);
    std::vector<ExcludedFile> ignored;
    for (const SubVolume& volume : checked_volumes(series, false, ignored, run)) {
      phases.push_back({static_cast<int>(phases.size()), volume.label, static_cast<int64_t>(volume.frames.size()),
                        find_problem(volume, run)});
    }
  } catch (const Error& error) {
    return Warning{error.code, error.what()};
  }
  const auto bad = [](const SeriesPhase& phase) { return phase.problem.has_value(); };
  return std::ranges::all_of(phases, bad) ? phases.front().problem : std::nullopt;
}

}  // namespace

SeriesVolume read_series(SeriesIntake& intake, const ReadSeriesOptions& options, Run& run) {
  SeriesVolume result;
  std::vector<ExcludedFile>& excluded = result.report.excluded;
  Scan scan = intake.scan(run);
  excluded = std::move(scan.excluded);
  apply(options.values, scan);
  const bool raw = options.values != PixelValues::kHu;
  const std::vector<Series> all = group_series(scan);
  const Series& series = choose_series(all, options.series);
  exclude_others(all, series, excluded);
  const std::vector<SubVolume> volumes = checked_volumes(series, raw, excluded, run);
  const SubVolume& chosen = choose_phase(volumes, options.phase);
  exclude_other_phases(volumes, chosen, excluded);
  const SlicePlan plan = plan_naming_damaged(chosen, options, excluded, run);
  let_go_of_others(scan, plan);
  Assembled assembled = assemble_volume(plan, run);
  result.volume = std::move(assembled.volume);
  describe_volume(plan, assembled.counts, raw, result.report, run);
  if (!is_axial(chosen.frames.front())) reformat(result, run);
  std::ranges::sort(excluded, {}, [](const ExcludedFile& file) { return std::tie(file.file, file.code, file.reason); });
  return result;
}

SeriesVolume read_series(const std::vector<std::string>& paths, const ReadSeriesOptions& options, Run& run) {
  SeriesIntake intake = intake_of(paths);
  return read_series(intake, options, run);
}

std::vector<SeriesSummary> list_series(SeriesIntake& intake, Run& run) {
  const Scan scan = intake.scan(run);
  std::vector<SeriesSummary> summaries;
  for (const Series& series : group_series(scan)) {
    const DicomObject& first = series.first();
    SeriesSummary summary;
    summary.series_instance_uid = series.uid;
    summary.study_instance_uid = first.study_instance_uid;
    summary.patient_id = first.patient_id;
    summary.modality = first.modality;
    summary.description = first.series_description;
    summary.files = series.file_count();
    summary.problem = find_problem(series, summary.phases, run);
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

std::vector<SeriesSummary> list_series(const std::vector<std::string>& paths, Run& run) {
  SeriesIntake intake = intake_of(paths);
  return list_series(intake, run);
}

}  // namespace hepatica
