#include "pipelines/segment_structure.h"

#include <algorithm>
#include <utility>

#include "grid/canonical_slices.h"
#include "ops/orient.h"
#include "pipelines/check_volume.h"
#include "pipelines/find_structure.h"
#include "runtime/compute_mode.h"
#include "runtime/executor.h"
#include "runtime/on_device.h"
#include "segmentation/label_structures.h"

namespace hepatica {
namespace {

void judge_result(const Volume& source, Segmentation& segmentation, Run& run) {
  if (segmentation.structure != "liver") {
    segmentation.judgement = judge_scan(source, run);
    if (!segmentation.bounding_box) {
      run.warn("EMPTY_RESULT", "No " + segmentation.structure + " was found in this volume");
    }
  } else {
    segmentation.judgement = judge_liver(source, segmentation.mask, run);
  }
  warn_of(segmentation.judgement, run);
}

// On the source grid.
Mask kept_pieces(Mask above, const Geometry& source, const Postprocessing& postprocessing, Run& run) {
  const StageTimer timer(run, "mask");
  return from_canonical(postprocess(std::move(above), postprocessing, run), canonical_order(source), source);
}

void measure(Segmentation& segmentation, double margin_mm, Run& run) {
  const StageTimer timer(run, "perimeters");
  const Mask& mask = segmentation.mask;
  segmentation.perimeters = trace_perimeters(mask, run);
  segmentation.volume_ml = volume_ml(mask);
  segmentation.bounding_box = bounding_box(mask);
  segmentation.slices = occupied_slices(mask);
  if (!segmentation.bounding_box) return;
  const Vec3 margins_mm = {margin_mm, margin_mm, margin_mm};
  segmentation.roi = {widened(*segmentation.bounding_box, margins_mm, mask.geometry), margin_mm};
}

Segmentation segment_on(const ComputeDevice& device, const Volume& source, const StructureModel& model,
                        const SegmentOptions& options, Run& run) {
  const bool is_liver = model.structure() == "liver";
  FoundStructure found =
      find_structure(source, model, device, options.precision, is_liver && options.keep_features, run);
  run.begin_stage("outlining", 0.9, 1);
  Segmentation segmentation;
  segmentation.structure = model.structure();
  segmentation.precision = found.precision;
  segmentation.mask = kept_pieces(std::move(found.above), source.geometry,
                                  options.postprocessing.value_or(model.postprocessing()), run);
  measure(segmentation, options.roi_margin_mm, run);
  if (is_liver && segmentation.bounding_box) segmentation.crop = std::move(found.crop);
  judge_result(source, segmentation, run);
  run.progress(1);
  return segmentation;
}

// What is likeliest where the model's own structure is not, in the whole scan; on the source grid.
Mask other_structures(const Volume& source, const Encoder3dModel& model, const ComputeDevice& device,
                      PrecisionChoice choice, Run& run) {
  const CanonicalSlices slices(source);
  std::vector<int64_t> others;
  for (int64_t i = 0; i < model.config().classes(); ++i) {
    if (i != model.structure_class()) others.push_back(i);
  }
  const Precision precision = choose_precision(choice, device);
  Mask labels;
  Executor::of(device).compute(run, [&] {
    const ComputeMode mode(device, precision, run);
    run.begin_stage("labelling", 0, 0.8);
    labels = label_structures(slices, others, model.inference(device.tensors, precision), run);
  });
  return from_canonical(std::move(labels), slices.order(), source.geometry);
}

// Voxels and their box, by label.
void measure(StructureLabels& found, const Encoder3dConfig& config, Run& run) {
  const StageTimer timer(run, "measuring");
  for (size_t i = 1; i < config.structures.size(); ++i) {
    run.check_cancelled();
    Mask one{found.labels.geometry, std::vector<uint8_t>(found.labels.voxels.size())};
    std::transform(found.labels.voxels.begin(), found.labels.voxels.end(), one.voxels.begin(),
                   [i](uint8_t label) { return static_cast<uint8_t>(label == i); });
    found.structures.push_back({config.structures[i], static_cast<uint8_t>(i), volume_ml(one), bounding_box(one)});
  }
}

StructureLabels label_on(const ComputeDevice& device, const Volume& source, const Encoder3dModel& model,
                         const SegmentOptions& options, Run& run) {
  StructureLabels found;
  found.labels = other_structures(source, model, device, options.precision, run);
  SegmentOptions without_lesions = options;
  without_lesions.keep_features = false;
  Segmentation own = segment_on(device, source, model, without_lesions, run);
  const auto label = static_cast<uint8_t>(model.structure_class());
  std::transform(own.mask.voxels.begin(), own.mask.voxels.end(), found.labels.voxels.begin(),
                 found.labels.voxels.begin(),
                 [label](uint8_t inside, uint8_t other) { return inside != 0 ? label : other; });
  found.precision = own.precision;
  found.judgement = std::move(own.judgement);
  measure(found, model.config(), run);
  return found;
}

}  // namespace

Segmentation segment_structure(const Volume& source, const StructureModel& model, const SegmentOptions& options,
                               Run& run) {
  check_volume(source);
  warn_of_few_slices(source.geometry, model.context_mm(), run);
  return on_device(options.device, DeviceUse::kNetworks, run,
                   [&](const ComputeDevice& device) { return segment_on(device, source, model, options, run); });
}

StructureLabels segment_structures(const Volume& source, const Encoder3dModel& model, const SegmentOptions& options,
                                   Run& run) {
  check_volume(source);
  warn_of_few_slices(source.geometry, model.context_mm(), run);
  return on_device(options.device, DeviceUse::kNetworks, run,
                   [&](const ComputeDevice& device) { return label_on(device, source, model, options, run); });
}

}  // namespace hepatica
