#include "training/data/structure_case.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "ops/orient.h"
#include "training/data/patient_run.h"
#include "training/data/read_label.h"

namespace hepatica {

namespace {

LabelledScan canonical(LabelledImage image, Mask label) {
  const AxisOrder order = canonical_order(image.volume.geometry);
  return {to_canonical(std::move(image.volume), order), to_canonical(std::move(label), order)};
}

// `choose` makes of the label's values what counts.
template <class Choose>
LabelledScan read_whole(const StructureCase& one, const CaseReader& reader, Choose choose, Run& run) {
  LabelledImage image = reader.read_image(one.image, run);
  Mask label = one.label.empty() ? rasterize_label(one.polygons, one.patient, one.image, image, run)
                                 : choose(read_label(reader, {one.label, one.label_segments}, one.patient, image, run));
  if (std::all_of(label.voxels.begin(), label.voxels.end(), [](uint8_t value) { return value == 0; })) {
    throw Error("EMPTY_LABEL", "The label of " + one.patient + " marks no voxel", one.label, "labelValues",
                "Check labelValues, or leave this case out");
  }
  return canonical(std::move(image), std::move(label));
}

}  // namespace

LabelledScan read_structure_case(const StructureCase& training_case, const CaseReader& reader, Run& run) {
  const auto chosen = [&](Mask labels) { return select_values(std::move(labels), training_case.label_values); };
  return read_for_patient(training_case.patient, run,
                          [&](Run& reading) { return read_whole(training_case, reader, chosen, reading); });
}

LabelledScan read_labelled_case(const StructureCase& training_case, const CaseReader& reader, Run& run) {
  const auto all = [](Mask labels) { return labels; };
  return read_for_patient(training_case.patient, run,
                          [&](Run& reading) { return read_whole(training_case, reader, all, reading); });
}

}  // namespace hepatica
