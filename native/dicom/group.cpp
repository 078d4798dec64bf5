#include "dicom/group.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "core/error.h"
#include "dicom/classify.h"

namespace hepatica::dicom {
namespace {

// Two patients without PatientID still differ by their names.
const std::string& patient_of(const DicomObject& object) {
  return object.patient_id.empty() ? object.patient_name : object.patient_id;
}

std::string describe(const Series& series) {
  const DicomObject& first = series.first();
  std::string text = series.uid.empty() ? "(no SeriesInstanceUID)" : series.uid;
  if (!first.series_description.empty()) text += " \"" + first.series_description + "\"";
  return text + " (" + std::to_string(series.objects.size()) + " files)";
}

std::string list(const std::vector<const Series*>& series) {
  constexpr size_t kNamed = 10;
  std::string text;
  for (size_t i = 0; i < std::min(series.size(), kNamed); ++i) text += (i ? "; " : "") + describe(*series[i]);
  return series.size() > kNamed ? text + "; and " + std::to_string(series.size() - kNamed) + " more" : text;
}

[[noreturn]] void throw_ambiguous(const std::vector<const Series*>& usable) {
  std::set<std::string> patients;
  std::set<std::string> studies;
  for (const Series* series : usable) {
    for (const DicomObject* object : series->objects) {
      patients.insert(patient_of(*object));
      studies.insert(object->study_instance_uid);
    }
  }
  const std::string remedy = "Choose one with the option series, or give the folder of one series.";
  if (patients.size() > 1) {
    throw Error("MULTIPLE_PATIENTS",
                "The files belong to " + std::to_string(patients.size()) + " patients: " + list(usable), "",
                field_name(tag::kPatientId), remedy);
  }
  if (studies.size() > 1) {
    throw Error("MULTIPLE_STUDIES",
                "The files belong to " + std::to_string(studies.size()) + " studies: " + list(usable), "",
                field_name(tag::kStudyInstanceUid), remedy);
  }
  throw Error("AMBIGUOUS_SERIES", "The files hold " + std::to_string(usable.size()) + " CT series: " + list(usable), "",
              field_name(tag::kSeriesInstanceUid), remedy);
}

[[noreturn]] void throw_unfit(const Series& series) {
  const UnfitObject& first = series.unfit.front();
  throw Error(first.exclusion.code, first.exclusion.file + " is no CT image: " + first.exclusion.reason,
              first.exclusion.file, first.field, "Give the axial CT series, in HU, itself.");
}

void check_one_patient(const Series& series) {
  for (const DicomObject* object : series.objects) {
    const bool other_patient = patient_of(*object) != patient_of(*series.objects[0]);
    if (!other_patient && object->study_instance_uid == series.objects[0]->study_instance_uid) continue;
    throw Error(other_patient ? "MULTIPLE_PATIENTS" : "MULTIPLE_STUDIES",
                "Series " + series.uid + " mixes several " + (other_patient ? "patients" : "studies") + ": " +
                    object->path + " differs from " + series.objects[0]->path,
                object->path, field_name(other_patient ? tag::kPatientId : tag::kStudyInstanceUid),
                "Separate the files by patient and study.");
  }
}

bool close(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

bool same_grid(const FrameRef& a, const FrameRef& b) {
  const PixelFormat& fa = a.object->format;
  const PixelFormat& fb = b.object->format;
  if (fa.rows != fb.rows || fa.columns != fb.columns) return false;
  for (size_t i = 0; i < 2; ++i) {
    const double spacing = (*a.header().row_column_mm)[i];
    if (!close(spacing, (*b.header().row_column_mm)[i], 1e-4 * spacing)) return false;
  }
  for (size_t i = 0; i < 6; ++i) {
    if (!close((*a.header().orientation)[i], (*b.header().orientation)[i], 1e-3)) return false;
  }
  return true;
}

std::string grid_label(const FrameRef& frame) {
  const auto& spacing = *frame.header().row_column_mm;
  return std::to_string(frame.object->format.columns) + "x" + std::to_string(frame.object->format.rows) + " at " +
         std::to_string(spacing[1]) + "x" + std::to_string(spacing[0]) + " mm ";
}

}  // namespace

std::vector<Series> group_series(const Scan& scan) {
  std::map<std::string, Series> by_uid;
  for (const auto& object : scan.objects) {
    Series& series = by_uid[object->series_instance_uid];
    series.uid = object->series_instance_uid;
    if (const auto unfit = find_unfit(*object)) {
      series.unfit.push_back({object.get(), {object->path, unfit->code, unfit->reason}, field_name(unfit->field)});
    } else {
      series.objects.push_back(object.get());
    }
  }
  std::vector<Series> all;
  for (auto& [uid, series] : by_uid) all.push_back(std::move(series));
  return all;
}

const Series& choose_series(const std::vector<Series>& series, const std::string& uid) {
  std::vector<const Series*> usable;
  for (const Series& candidate : series) {
    if (!uid.empty() && candidate.uid == uid) {
      if (candidate.objects.empty()) throw_unfit(candidate);
      check_one_patient(candidate);
      return candidate;
    }
    if (!candidate.objects.empty()) usable.push_back(&candidate);
  }
  if (!uid.empty()) {
    throw Error("SERIES_NOT_FOUND", "No file belongs to series " + uid + "; there are: " + list(usable), "",
                field_name(tag::kSeriesInstanceUid), "Choose one of the series that listSeries shows.");
  }
  if (usable.empty()) throw_unfit(series.front());
  if (usable.size() > 1) throw_ambiguous(usable);
  check_one_patient(*usable[0]);
  return *usable[0];
}

std::vector<SubVolume> split_grids(const std::vector<const DicomObject*>& objects) {
  std::vector<SubVolume> grids;
  for (const DicomObject* object : objects) {
    for (int i = 0; i < static_cast<int>(object->frames.size()); ++i) {
      const FrameRef frame{object, i};
      const auto same = [&](const SubVolume& grid) { return same_grid(grid.frames[0], frame); };
      auto grid = std::ranges::find_if(grids, same);
      if (grid == grids.end()) grid = grids.insert(grid, SubVolume{});
      grid->frames.push_back(frame);
    }
  }
  std::ranges::stable_sort(grids, std::greater(), [](const SubVolume& grid) { return grid.frames.size(); });
  for (SubVolume& grid : grids) {
    if (grids.size() > 1) grid.label = grid_label(grid.frames[0]);
  }
  return grids;
}

const SubVolume& choose_phase(const std::vector<SubVolume>& volumes, int phase) {
  std::string listed;
  for (size_t i = 0; i < std::min<size_t>(volumes.size(), 20); ++i) {
    listed += (i ? "; " : "") + std::to_string(i) + ": " + volumes[i].label + " (" +
              std::to_string(volumes[i].frames.size()) + " slices)";
  }
  if (phase < 0 && volumes.size() > 1) {
    throw Error("AMBIGUOUS_PHASE", "The series holds " + std::to_string(volumes.size()) + " sub-volumes: " + listed, "",
                "phase", "Choose one with the option phase.");
  }
  if (phase >= static_cast<int>(volumes.size())) {
    throw Error(
        "PHASE_NOT_FOUND",
        "Expected phase to be one of the series' sub-volumes (" + listed + "), received " + std::to_string(phase), "",
        "phase", "Choose one of the phases that listSeries shows.");
  }
  return volumes[static_cast<size_t>(std::max(phase, 0))];
}

}  // namespace hepatica::dicom
