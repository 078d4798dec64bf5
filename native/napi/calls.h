// The exported calls: each reads its arguments, starts a job that calls one pipeline function, and says how its result
// looks in JavaScript. `control` is what start_job takes; all return { promise, cancel() }. `geometry` stands for the
// fields size, spacing, origin and direction; `report` for device, timings and warnings.
#pragma once

#include <napi.h>

namespace hepatica::napi {

// makeBytes(length) -> handle, at once: the bytes of a file, which are yet to be appended. `file` stands for a path, or
// { name, bytes } with such a handle.
Napi::Value make_bytes_call(const Napi::CallbackInfo& info);

// openIntake({ series, maxFiles, maxVoxels }) -> intake, at once; fillIntake(intake, file[], control) -> undefined: of
// files in memory headers and pixels are read, so that their handles can be disposed of; closeIntake(intake) ->
// undefined, at once, while no job works on it: what it holds goes
Napi::Value open_intake_call(const Napi::CallbackInfo& info);
Napi::Value fill_intake_call(const Napi::CallbackInfo& info);
Napi::Value close_intake_call(const Napi::CallbackInfo& info);

// readSeries(intake, { series?, phase?, gaps, raw, maxVoxels? }, control)
//   -> { geometry, report, handle, series }
Napi::Value read_series_call(const Napi::CallbackInfo& info);

// listSeries(intake, control) -> { series: SeriesSummary[], warnings }
Napi::Value list_series_call(const Napi::CallbackInfo& info);

// readVolume(file, maxVoxels, control) -> { geometry, report, handle }: NIfTI
Napi::Value read_volume_call(const Napi::CallbackInfo& info);

// readMask(file, maxVoxels, control) -> { geometry, report, handle }: NIfTI
Napi::Value read_mask_call(const Napi::CallbackInfo& info);

// writeVolume(path, volume, { grid }, control), writeMask(path, mask, { grid }, control) -> { warnings, bytes }: NIfTI;
// path null: `bytes` is a handle of the file, gzipped where `gzip` says so
Napi::Value write_volume_call(const Napi::CallbackInfo& info);
Napi::Value write_mask_call(const Napi::CallbackInfo& info);

// writeCtSeries(folder, volume, attributes, { lossy }, control) -> { files, studyInstanceUid, seriesInstanceUid,
// frameOfReferenceUid, warnings }
Napi::Value write_ct_series_call(const Napi::CallbackInfo& info);

// makeVolume(geometry, isFloat), makeMask(geometry) -> handle, at once: its memory is reserved, its voxels are yet to
// be appended
Napi::Value make_volume_call(const Napi::CallbackInfo& info);
Napi::Value make_mask_call(const Napi::CallbackInfo& info);

// preprocess(volume, { window, equalization }, control) -> { geometry, report, handle, clipped }
Napi::Value preprocess_call(const Napi::CallbackInfo& info);

// evaluateSegmentation(prediction, reference, convention, control) -> SegmentationMetrics without its convention
Napi::Value evaluate_call(const Napi::CallbackInfo& info);

// overlapFigures(tp, fp, fn, convention) -> { dice, voe, rvd } of counts, at once
Napi::Value overlap_figures_call(const Napi::CallbackInfo& info);

// evaluateLesions(prediction, reference, { predictionValues, referenceValues, convention }, control) -> { metrics,
// intersectionVoxels, predictions, references, pairs, predictionOf, detections }; lesions are { id, type, volumeMl },
// named by their index
Napi::Value evaluate_lesions_call(const Napi::CallbackInfo& info);

// compareStudies(volume, liver, lesions, volume, liver, lesions, control), the earlier date first -> { rotation,
// offsetMm, liverDice, pairings: [{ before, after, distanceMm, shown }], report }; rotation and offset from the later
// scan to the earlier one, lesions by id
Napi::Value compare_studies_call(const Napi::CallbackInfo& info);

// loadModel(file, control) -> { handle, kind, structure, architecture, metadata, parameters, postprocessing? }
Napi::Value load_model_call(const Napi::CallbackInfo& info);
// preloadModel(handle, { precision }, control) -> { report, precision }: what its first call would do beside its work
Napi::Value preload_model_call(const Napi::CallbackInfo& info);

// saveModel(handle, path, {precision}, control) -> undefined
Napi::Value save_model_call(const Napi::CallbackInfo& info);

// segmentStructure(volume, model, { precision, postprocessing?, keepFeatures }, control) -> { geometry, report, handle,
// structure, perimeters, volumeMl, boundingBox, slices, roi, precision, crop: { dispose() } or null }; the crop is for
// classifyLesions
Napi::Value segment_structure_call(const Napi::CallbackInfo& info);

// segmentStructures(volume, model, { precision, postprocessing? }, control) -> { geometry, report, handle, structures:
// [{ name, label, volumeMl, boundingBox }], precision }
Napi::Value segment_structures_call(const Napi::CallbackInfo& info);

// inspectNetwork(volume, model, { slice }, control) -> { report, layers: [{ name, count, width, height, values }] }:
// filters, activations
Napi::Value inspect_network_call(const Napi::CallbackInfo& info);

// classifyLesions(volume, liver, model, arterial volume or null, crop or null, { precision, threshold?,
// extentThreshold?, minimumMl? }, control) -> { geometry, report, handle, lesions, threshold, extentThreshold,
// minimumMl, precision, arterial?: { rotation, offsetMm, agreement, covered, contrast } }; a lesion is src/types.ts's,
// but for the probabilities' order (CYS, ANG, HCC, MET), its slices as integers (slice, first and last x, first and
// last y, pixels) and packed perimeters
Napi::Value classify_lesions_call(const Napi::CallbackInfo& info);

// tracePerimeters(mask, control) -> perimeters, as segmentStructure gives them
Napi::Value trace_perimeters_call(const Napi::CallbackInfo& info);
Napi::Value fill_polygons_call(const Napi::CallbackInfo& info);

// checkSegmenterTraining(plan, control), checkStructuresTraining(plan, control), checkLesionTraining(plan, initial,
// base, control) -> undefined: what can be said of a training without reading its scans
Napi::Value check_segmenter_training_call(const Napi::CallbackInfo& info);
Napi::Value check_structures_training_call(const Napi::CallbackInfo& info);
Napi::Value check_lesion_training_call(const Napi::CallbackInfo& info);

// trainSegmenter(plan, control) -> { weights, history, warnings }; `plan` is the JSON of
// training/tasks/structure/plan.h, `history` JSON. Each epoch's record is told as a message, JSON.
Napi::Value train_segmenter_call(const Napi::CallbackInfo& info);
// trainStructures(plan, control): the same with the plan of training/tasks/volume/plan.h
Napi::Value train_structures_call(const Napi::CallbackInfo& info);
// trainLesionClassifier(plan, initial, base, control): the same with the plan of training/tasks/lesions/plan.h; models
// instead of the files that the plan names, or null
Napi::Value train_lesion_classifier_call(const Napi::CallbackInfo& info);

// synthesizeLesions(volume, liver, realLesions or null, { seed, types, count, mixedProbability, phase,
// marginMm, maxSliceFraction, spareVessels, arterial, arterialTurn, arterialShiftMm, arterialSliceMm }, control) ->
// { geometry, report, handle, types, ids, lesions, arterial?: { geometry, handle, rotation, offsetMm, liverHu, aortaHu
// }
// }; the first three handles share the geometry.
Napi::Value synthesize_lesions_call(const Napi::CallbackInfo& info);

// deviceInfo(control) -> { libtorch, cuda: { available, devices, networks, reason, networksReason }, cpu: { features,
// bf16, threads }, jobs: { concurrency, running, waiting }, queues: [{ device, concurrency, running, waiting }] }; it
// waits for no other job
Napi::Value device_info_call(const Napi::CallbackInfo& info);

// setConcurrency({ concurrency }) -> undefined, at once: how many jobs go on at once on each device
Napi::Value set_concurrency_call(const Napi::CallbackInfo& info);

// stopJobs() -> undefined: for the end of the process; stops the jobs of all environments and waits for their end
Napi::Value stop_jobs_call(const Napi::CallbackInfo& info);

// errorTable() -> { kinds: { [kind]: { className, exitCode } }, codes: { [code]: kind } }, at once
Napi::Value error_table_call(const Napi::CallbackInfo& info);

}  // namespace hepatica::napi
