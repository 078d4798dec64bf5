#include "pipelines/find_structure.h"

#include <utility>

#include "grid/canonical_slices.h"
#include "grid/threshold_cells.h"
#include "models/encoder3d/model.h"
#include "models/segmenter_model.h"
#include "ops/orient.h"
#include "pipelines/predict_structure.h"
#include "runtime/compute_mode.h"
#include "runtime/executor.h"
#include "segmentation/locate_structure.h"
#include "segmentation/outline_structure.h"

namespace hepatica {
namespace {

// Shares of the pipeline's progress.
constexpr double kLocated = 0.15;
constexpr double kPredicted = 0.85;
constexpr double kFound = 0.9;

FoundStructure find_by_slices(const Volume& source, const SegmenterModel& model, const ComputeDevice& device,
                              PrecisionChoice precision, Run& run) {
  const AxisOrder order = canonical_order(source.geometry);
  const Geometry canonical = to_canonical(source.geometry, order);
  const Prediction prediction = order.is_identity()
                                    ? predict_structure(source, model, device, precision, run)
                                    : predict_structure(to_canonical(source, order), model, device, precision, run);
  run.begin_stage("outlining", kPredicted, kFound);
  const StageTimer timer(run, "mask");
  return {threshold_on_source_grid(prediction.probabilities, model.config(), canonical, run), prediction.precision,
          nullptr};
}

FoundStructure find_in_space(const Volume& source, const Encoder3dModel& model, const ComputeDevice& device,
                             PrecisionChoice choice, bool keep_features, Run& run) {
  const CanonicalSlices slices(source);
  FoundStructure found;
  found.precision = choose_precision(choice, device);
  found.above = {slices.geometry(), {}};
  const auto threshold = static_cast<float>(model.config().threshold);
  OutlinedStructure outlined;
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, found.precision, run);
    const Encoder3dInference& network = model.inference(device.tensors, found.precision);
    run.begin_stage("locating", 0, kLocated);
    const LocatedStructure located = locate_structure(slices, model.config().locator, network, run);
    run.begin_stage("segmenting", kLocated, kPredicted);
    if (!located.box) return;
    EncodedBox encoded;
    outlined = outline_structure(slices, located, model.structure_class(), threshold, network, run,
                                 keep_features ? &encoded : nullptr);
    if (!outlined.seen_at_once()) return;
    found.crop = std::make_shared<EncodedCrop>(outlined.box, network.encoder_id());
    if (keep_features) found.crop->keep({device.index, found.precision}, std::move(encoded));
  });
  run.begin_stage("outlining", kPredicted, kFound);
  const StageTimer timer(run, "mask");
  if (outlined.probability.empty()) {
    found.above.voxels.resize(static_cast<size_t>(slices.geometry().voxel_count()));
    return found;
  }
  found.above = threshold_cells(outlined.probability, outlined.box, outlined.grid, threshold, slices.geometry(), run);
  return found;
}

}  // namespace

FoundStructure find_structure(const Volume& source, const StructureModel& model, const ComputeDevice& device,
                              PrecisionChoice precision, bool keep_features, Run& run) {
  EncodedCrop::make_room();
  if (const auto* network = dynamic_cast<const Encoder3dModel*>(&model)) {
    return find_in_space(source, *network, device, precision, keep_features, run);
  }
  return find_by_slices(source, dynamic_cast<const SegmenterModel&>(model), device, precision, run);
}

}  // namespace hepatica
