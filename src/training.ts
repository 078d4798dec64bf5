import { z } from 'zod';
import { discoverDataset } from './dataset.js';
import { runJob } from './job.js';
import { isPolygonLabel, readPolygons } from './labels.js';
import { checkOptions, expecting, postprocessingField } from './options.js';
import { refuseInputs } from './output/guard.js';
import { type HashedEntry, hashDataset, requireReadable } from './training-input.js';
import { runTraining, type TrainingCall } from './training-processes.js';
import {
  amount,
  augmentField,
  canvasField,
  checkRun,
  checkRunOutputs,
  type EndedTraining,
  type EpochRecord,
  flag,
  given,
  nativeAugmentation,
  nativePolygon,
  nativeRunOptions,
  part,
  publishedNames,
  splitOf,
  type TrainingResult,
  type TrainRunOptions,
  trainingResult,
  trainRunFields,
} from './training-run.js';
import type { Postprocessing, TrainingCase, TrainingDataset } from './types.js';

/** Amounts are standard deviations unless said otherwise. */
export interface Augmentation {
  /** Of the logarithm of the size; default 0.08. */
  readonly scale?: number;
  /** Of the logarithm of width over height; default 0.04. */
  readonly aspect?: number;
  /** Default 5. */
  readonly rotationDeg?: number;
  /** The largest shift; default 24. */
  readonly shiftMm?: number;
  /** Of the logarithm of the grey values' exponent; default 0.15. */
  readonly gamma?: number;
  /** The most that half the pictures get, of a white level of 1; default 0. */
  readonly noise?: number;
  /** Of the body's box that coordinates count from, of its size; default 0.02. */
  readonly bodyBoxJitter?: number;
}

export interface TrainOptions extends TrainRunOptions {
  /** Random size, rotation, shift and grey values (no mirroring: the liver has a side); default false, as in the paper. */
  readonly augment?: boolean | Augmentation;
  /** What is segmented; any name, which `segmentLiver` takes only where it is `liver`. Default `liver`. */
  readonly structure?: string;
  /**
   * What becomes of the voxels above the threshold, kept in the weights. Default: what the mean Dice of the validation
   * patients is best with (the largest piece and filled holes unless it gets worse by them, a share of the largest piece
   * where that is better). Where nobody is validated on, or `keep` is `last`, the training labels choose.
   */
  readonly postprocessing?: Postprocessing;
  /** Weight of the structure's pixels in the cross-entropy; default 1. */
  readonly positiveWeight?: number;
  /** Weight of a soft Dice term beside the cross-entropy; default 0. */
  readonly diceWeight?: number;
  /** Draw the patient first, then a slice of it; needs `slicesPerEpoch`. Default false. */
  readonly balancePatients?: boolean;
  /** Part of the drawn slices that shows the structure, 0 to 1; needs `slicesPerEpoch`. Default 0: as they come. */
  readonly structureFraction?: number;
  /** Distance of the slices trained on, mm; default 0: every slice. */
  readonly sliceStrideMm?: number;
  /** Rows and columns of the training picture, pixels of the network's grid; default: from the data. */
  readonly canvas?: readonly [number, number];
  /** Distance of the slices validated on, mm; default 0: every slice. */
  readonly validationStrideMm?: number;
  /**
   * Folder in which scans are kept as they are learned from, by the hash of their files and of what they were prepared
   * with, and found again by later trainings; they are drawn from there, so that a dataset need not fit in memory. They
   * show patients as the dataset does. Default: beside `output`, `NAME.cache`; `false`: in memory.
   */
  readonly cache?: string | false;
}

const trainOptions = z.strictObject({
  ...trainRunFields,
  augment: augmentField({
    scale: amount,
    aspect: amount,
    rotationDeg: amount,
    shiftMm: amount,
    gamma: amount,
    noise: amount,
    bodyBoxJitter: amount,
  }),
  structure: expecting('a name of at most 64 characters without slashes', z.string().regex(/^[^\p{Cc}/\\]{1,64}$/u)),
  postprocessing: postprocessingField,
  positiveWeight: expecting('a positive number', z.number().positive()),
  diceWeight: amount,
  balancePatients: flag,
  structureFraction: part,
  sliceStrideMm: amount,
  canvas: canvasField,
  validationStrideMm: amount,
  cache: expecting('a path, or false', z.union([z.string().min(1), z.literal(false)])),
});

/** Where prepared scans are kept; undefined: in memory. */
function cacheFolder({ cache, output = '' }: z.output<typeof trainOptions>): string | undefined {
  if (cache !== undefined) return cache || undefined;
  return `${output.replace(/\.safetensors$/, '')}.cache`;
}

function nativeOptions(options: z.output<typeof trainOptions>): Record<string, unknown> {
  return given({
    ...nativeRunOptions(options),
    augmentation: nativeAugmentation(options.augment),
    structure: options.structure,
    postprocessing: options.postprocessing && JSON.stringify(options.postprocessing),
    positive_weight: options.positiveWeight,
    dice_weight: options.diceWeight,
    balance_patients: options.balancePatients,
    structure_fraction: options.structureFraction,
    slice_stride_mm: options.sliceStrideMm,
    canvas_px: options.canvas,
    validation_stride_mm: options.validationStrideMm,
    cache_folder: cacheFolder(options),
  });
}

async function nativeCase(entry: TrainingCase, validation: boolean): Promise<Record<string, unknown>> {
  const { patient, image, label, labelValues } = entry;
  const common = { patient, image, label_values: labelValues ?? [], validation };
  if (!(await isPolygonLabel(label))) return { ...common, label };
  return { ...common, label: '', polygons: (await readPolygons(label)).map(nativePolygon) };
}

function saidOf({ patient, image, label, labelValues }: TrainingCase): HashedEntry {
  return { text: `${patient}\n${labelValues ?? ''}\n`, paths: [image, label] };
}

/** trainSegmenter up to what needs the weights. */
export async function runSegmenterTraining(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<EndedTraining> {
  const checked = checkOptions(trainOptions, options);
  checkRun(checked);
  const { signal, onEpoch } = checked;
  const { cases: found, warnings } = await discoverDataset(dataset);
  const patients = found.map(({ patient }) => patient);
  const files = found.flatMap(({ image, label }) => [image, label]);
  await checkRunOutputs(checked, [typeof dataset === 'string' ? dataset : undefined, ...files]);
  const cache = cacheFolder(checked);
  if (cache !== undefined) await refuseInputs([cache], files);
  const split = splitOf(patients, checked);
  const validation = new Set(split.validation);
  await requireReadable(files);
  const cases = await Promise.all(found.map((entry) => nativeCase(entry, validation.has(entry.patient))));
  const settings = nativeOptions(checked);
  const { onProgress: _, ...unheard } = options;
  await runJob(unheard, (native, control) =>
    native.checkSegmenterTraining(JSON.stringify({ cases, options: settings }), control),
  );
  const hashed = await hashDataset(found.map(saidOf), signal);
  const published = publishedNames(patients, hashed, checked);
  const known = { dataset_sha256: hashed.sha256, published_patients: published };
  const named = cases.map((entry, i) => ({ ...entry, content_sha256: hashed.entries[i] }));
  const plan = { cases: named, options: { ...settings, ...known } };
  const call: TrainingCall = {
    name: 'trainSegmenter',
    plan,
    start: (native, text, control) => native.trainSegmenter(text, control),
  };
  const report = (record: string) => onEpoch?.(JSON.parse(record) as EpochRecord);
  const result = await runTraining(call, checked.processes ?? 1, options, report);
  return { native: result, split, publishedPatients: published, warnings };
}

/**
 * Trains a segmenter on labelled scans: patients are split by a seeded hash or as named, scans are read and resampled once,
 * then epochs of Adam run until the end, an abort, or early stopping. The weights of the best epoch by validation Dice
 * (or of the last one, as `keep` says) are written to `options.output`. All that can be said of the options without
 * reading a scan is said first.
 *
 * @param dataset - cases, or the path of a JSON dataset file or of a folder of cases (see {@link discoverDataset})
 * @returns the model, ready for `segmentStructure`, and the learning curves
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `PATIENT_LEAK`; {@link InputFileError} `INCOMPLETE_CASE`,
 *   `LABEL_GEOMETRY_MISMATCH`, `EMPTY_LABEL`, `CORRUPT_LABEL`, `CORRUPT_CHECKPOINT`, `CHECKPOINT_MISMATCH`, …;
 *   {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`; {@link TrainingError}
 *   `TRAINING_DIVERGED`, with nothing written, where losses, weights or scores are no longer finite,
 *   `PROCESS_LOST` where another of several processes ended, `RENDEZVOUS_FAILED` where they did not meet
 */
export async function trainSegmenter(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<TrainingResult> {
  return trainingResult(await runSegmenterTraining(dataset, options));
}
