/**
 * hepatica finds the liver in contrast-enhanced abdominal CT, and its lesions with their types. For research use only.
 *
 * Every call that takes time returns a promise and computes off the event loop (pictures are drawn on it, one a
 * turn, and encoded off it), takes `signal` and `onProgress` where its options have them, and rejects with a {@link HepaticaError} that has a
 * stable `code`; after an abort with the signal's own reason. An option that a call does not know is refused.
 *
 * What `@throws` does not repeat: every call may reject with {@link InvalidArgumentError} `INVALID_ARGUMENT` and
 * `DISPOSED`, {@link NativeLoadError} and {@link HepaticaError} `OUT_OF_MEMORY`; one that takes a `device` with
 * {@link DeviceError} `NO_CUDA_DEVICE`, `CUDA_FAILED` and `CUDA_OUT_OF_MEMORY` where it is not `auto`, one that takes a
 * `precision` to compute with with `UNSUPPORTED_PRECISION`.
 *
 * @packageDocumentation
 */
export { discoverDataset, type PatientSplit, splitPatients } from './dataset.js';
export { configure, deviceInfo } from './device.js';
export { writeReport, writeSecondaryCapture, writeSegmentation, writeStructureSet } from './dicom-objects.js';
export type { ErrorCode, ErrorKind } from './error-codes.js';
export {
  CancelledError,
  DeviceError,
  DownloadError,
  type ErrorDetails,
  HepaticaError,
  InputFileError,
  InvalidArgumentError,
  ModelError,
  NativeLoadError,
  OutputError,
  TrainingError,
} from './errors.js';
export { evaluateSegmentation } from './evaluate.js';
export { evaluateLesions } from './evaluation/evaluate-lesions.js';
export { renderLesionEvaluation } from './evaluation/page.js';
export type * from './evaluation/types.js';
export { listSeries, readMask, readSeries, readVolume, writeMask, writeVolume } from './files.js';
export { discoverLesionDataset } from './lesion-dataset.js';
export { trainLesionClassifier } from './lesion-training.js';
export { classifyLesions } from './lesions.js';
export { writeMesh } from './mesh/write-mesh.js';
export { loadModel, saveModel } from './model.js';
export { renderReportPage } from './page/result-page.js';
export { preload } from './preload.js';
export { preprocess } from './preprocessing.js';
export { type FilterPage, type RenderedFilters, renderFilters } from './render/filters.js';
export { type LearningCurvePoint, type LearningCurves, renderLearningCurves } from './render/history.js';
export type { BoxedLesion } from './render/lesion-boxes.js';
export { renderMontage } from './render/montage.js';
export { type RenderedSlice, renderOverlay } from './render/overlay.js';
export { type RenderedOverview, renderOverview } from './render/overview.js';
export { renderPreprocessing } from './render/preprocessing.js';
export type { Outlines, SliceChoice } from './render/scene.js';
export { segmentLiver, segmentStructure, segmentStructures, tracePerimeters } from './segmentation.js';
export { synthesizeLesions } from './synthesis.js';
export { trainSegmenter } from './training.js';
export type { EpochRecord, TrainingHistory, TrainingResult } from './training-run.js';
export type * from './types.js';
export {
  type FetchedWeights,
  fetchWeights,
  listPublishedWeights,
  type PublishedWeights,
  type WeightsSource,
} from './weights.js';
export { writeSeries } from './write-series.js';
