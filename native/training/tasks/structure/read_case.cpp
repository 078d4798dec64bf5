#include "training/tasks/structure/read_case.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "ops/orient.h"
#include "training/data/patient_run.h"
#include "training/data/read_label.h"

namespace hepatica {

namespace {

LabelledScan read_whole(const StructureCase& training_case, const CaseReader& reader, Run& run) {
  const auto& [patient, path, label_path, values, segments, polygons, validation, hash] = training_case;
  LabelledImage image = reader.read_image(path, run);
  Mask label = label_path.empty()
                   ? rasterize_label(polygons, patient, path, image, run)
                   : select_values(read_label(reader, {label_path, segments}, patient, image, run), values);
  if (std::find(label.voxels.begin(), label.voxels.end(), 1) == label.voxels.end()) {
    throw Error("EMPTY_LABEL", "The label of " + patient + " marks no voxel", label_path, "labelValues",
                "Check labelValues, or leave this case out");
  }
  const AxisOrder order = canonical_order(image.volume.geometry);
  return {to_canonical(std::move(image.volume), order), to_canonical(std::move(label), order)};
}

}  // namespace

LabelledScan read_structure_case(const StructureCase& training_case, const CaseReader& reader, Run& run) {
  return read_for_patient(training_case.patient, run,
                          [&](Run& reading) { return read_whole(training_case, reader, reading); });
}

}  // namespace hepatica
