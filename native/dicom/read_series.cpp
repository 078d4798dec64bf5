#include "dicom/read_series.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "dicom/assemble.h"
#include "dicom/check.h"
#include "dicom/describe.h"
#include "dicom/group.h"
#include "dicom/order.h"
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

// Slices at the same place with the same pixels are one; with other pixels the series is not one volume.
std::vector<PlacedFrame> drop_repeated_slices(const std::vector<PlacedFrame>& frames,
                                              std::vector<ExcludedFile>& excluded, Run& run) {
  constexpr double kSamePlaceMm = 0.01;
  std::vector<PlacedFrame> kept;
  for (const PlacedFrame& placed : frames) {
    if (kept.empty() || placed.position_mm - kept.back().position_mm > kSamePlaceMm) {
      kept.push_back(placed);
      continue;
    }
    const DicomObject& object = *placed.frame.object;
    const DicomObject& other = *kept.back().frame.object;
    if (!have_same_pixels(placed.frame, kept.back().frame, run)) {
      throw Error("DUPLICATE_POSITION",
                  object.path + " and " + other.path + " lie at the same position (" +
                      std::to_string(placed.position_mm) + " mm along the normal) but differ in their pixels",
                  object.path, field_name(tag::kImagePosition),
                  "Separate the phases or reconstructions of the series into folders of their own.");
    }
    excluded.push_back({object.path, "DUPLICATE_SLICE", "the same position and pixels as " + other.path});
  }
  return kept;
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

std::vector<SubVolume> checked_volumes(const Series& series, bool raw, std::vector<ExcludedFile>& excluded) {
  const std::vector<const DicomObject*> objects = drop_repeated_instances(series.objects, excluded);
  check_objects(objects, raw);
  return split_volumes(objects);
}

// Why the series cannot be read, as far as headers tell; nullopt if it can.
std::optional<Warning> find_problem(const Series& series, std::vector<SeriesPhase>& phases) {
  try {
    choose_series({series}, series.uid);
    std::vector<ExcludedFile> ignored;
    const std::vector<SubVolume> volumes = checked_volumes(series, false, ignored);
    for (const SubVolume& volume : volumes) {
      phases.push_back({static_cast<int>(phases.size()), volume.label, static_cast<int64_t>(volume.frames.size())});
    }
    for (const SubVolume& volume : volumes) {
      check_frame_of_reference(volume.frames);
      std::vector<PlacedFrame> placed = place_frames(volume.frames);
      const auto same_place = [](const PlacedFrame& a, const PlacedFrame& b) {
        return b.position_mm - a.position_mm <= 0.01;
      };
      placed.erase(std::unique(placed.begin(), placed.end(), same_place), placed.end());
      plan_slices(placed, false);
    }
    return std::nullopt;
  } catch (const Error& error) {
    return Warning{error.code, error.what()};
  }
}

}  // namespace

SeriesVolume read_series(const std::vector<std::string>& paths, const ReadSeriesOptions& options, Run& run) {
  SeriesVolume result;
  std::vector<ExcludedFile>& excluded = result.report.excluded;
  Scan scan = scan_headers(paths, run);
  excluded = std::move(scan.excluded);
  apply(options.values, scan);
  const bool raw = options.values != PixelValues::kHu;
  const std::vector<Series> all = group_series(scan);
  const Series& series = choose_series(all, options.series);
  exclude_others(all, series, excluded);
  const std::vector<SubVolume> volumes = checked_volumes(series, raw, excluded);
  const SubVolume& chosen = choose_phase(volumes, options.phase);
  exclude_other_phases(volumes, chosen, excluded);
  check_frame_of_reference(chosen.frames);
  const std::vector<PlacedFrame> placed = drop_repeated_slices(place_frames(chosen.frames), excluded, run);
  const SlicePlan plan = plan_slices(placed, options.interpolate_gaps);
  Assembled assembled = assemble_volume(plan, run);
  result.volume = std::move(assembled.volume);
  describe_volume(plan, assembled.counts, raw, result.report, run);
  std::ranges::sort(excluded, {}, [](const ExcludedFile& file) { return std::tie(file.file, file.code, file.reason); });
  return result;
}

std::vector<SeriesSummary> list_series(const std::vector<std::string>& paths, Run& run) {
  const Scan scan = scan_headers(paths, run);
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
    summary.problem = find_problem(series, summary.phases);
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

}  // namespace hepatica
