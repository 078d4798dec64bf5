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

export { compareStudies } from './compare/compare-studies.js';
export type { ErrorCode, ErrorKind } from './error-codes.js';
export {
  CancelledError,
  DeviceError,
  DownloadError,
  type ErrorDetails,
  errorMeaning,
  HepaticaError,
  InputFileError,
  InvalidArgumentError,
  ModelError,
  NativeLoadError,
  OutputError,
  TrainingError,
} from './errors.js';
export { evaluateLesions } from './evaluation/evaluate-lesions.js';
export { evaluateSegmentation } from './evaluation/evaluate-segmentation.js';
export { renderLesionEvaluation } from './evaluation/page.js';
export type * from './evaluation/types.js';
export { writeReport, writeSecondaryCapture, writeSegmentation, writeStructureSet } from './io/dicom-objects.js';
export { listSeries, readMask, readSeries, readVolume, writeMask, writeVolume } from './io/files.js';
export { writeSeries } from './io/write-series.js';
export { classifyLesions } from './lesions/lesions.js';
export { writeMesh } from './mesh/write-mesh.js';
export { loadModel, saveModel } from './models/model.js';
export { preload } from './models/preload.js';
export {
  type FetchedWeights,
  fetchWeights,
  listPublishedWeights,
  type PublishedWeights,
  type WeightsSource,
} from './models/weights.js';
export { configure, deviceInfo } from './native/device.js';
export { renderReportPage } from './page/result-page.js';
export { type FilterPage, type RenderedFilters, renderFilters } from './render/filters.js';
export { type LearningCurvePoint, type LearningCurves, renderLearningCurves } from './render/history.js';
export type { BoxedLesion } from './render/lesion-boxes.js';
export { renderMontage } from './render/montage.js';
export { type RenderedSlice, renderOverlay } from './render/overlay.js';
export { type RenderedOverview, renderOverview } from './render/overview.js';
export { renderPreprocessing } from './render/preprocessing.js';
export type { Outlines, SliceChoice } from './render/scene.js';
export { preprocess } from './segment/preprocessing.js';
export { segmentLiver, segmentStructure, segmentStructures, tracePerimeters } from './segment/segmentation.js';
export { synthesizeLesions } from './synthesize/synthesis.js';
export { discoverDataset, type PatientSplit, splitPatients } from './train/dataset.js';
export { discoverLesionDataset } from './train/lesion-dataset.js';
export { trainLesionClassifier } from './train/lesion-training.js';
export { trainStructures } from './train/structures-training.js';
export { trainSegmenter } from './train/training.js';
export type { EpochRecord, TrainingHistory, TrainingResult } from './train/training-run.js';
export type * from './types.js';
