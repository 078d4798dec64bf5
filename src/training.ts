import { z } from 'zod';
import { checkDataset, discoverDataset } from './dataset.js';
import { runJob } from './job.js';
import { isPolygonLabel, readPolygons } from './labels.js';
import { loadModel } from './model.js';
import { loadWarnings } from './native.js';
import { checkOptions, expecting } from './options.js';
import {
  amount,
  augmentField,
  canvasField,
  checkRun,
  checkRunOutputs,
  type EpochRecord,
  flag,
  given,
  hashFiles,
  nativeAugmentation,
  nativePolygon,
  nativeRunOptions,
  part,
  splitOf,
  type TrainingHistory,
  type TrainingResult,
  type TrainRunOptions,
  trainRunFields,
} from './training-run.js';
import type { TrainingCase, TrainingDataset } from './types.js';
import { distinctWarnings } from './warnings.js';

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
  structure: expecting('a name', z.string().min(1).max(64)),
  positiveWeight: expecting('a positive number', z.number().positive()),
  diceWeight: amount,
  balancePatients: flag,
  structureFraction: part,
  sliceStrideMm: amount,
  canvas: canvasField,
  validationStrideMm: amount,
});

function nativeOptions(options: z.output<typeof trainOptions>): Record<string, unknown> {
  return given({
    ...nativeRunOptions(options),
    augmentation: nativeAugmentation(options.augment),
    structure: options.structure,
    positive_weight: options.positiveWeight,
    dice_weight: options.diceWeight,
    balance_patients: options.balancePatients,
    structure_fraction: options.structureFraction,
    slice_stride_mm: options.sliceStrideMm,
    canvas_px: options.canvas,
    validation_stride_mm: options.validationStrideMm,
  });
}

async function nativeCase(entry: TrainingCase, validation: boolean): Promise<Record<string, unknown>> {
  const { patient, image, label, labelValues } = entry;
  const common = { patient, image, label_values: labelValues ?? [], validation };
  if (!(await isPolygonLabel(label))) return { ...common, label };
  return { ...common, label: '', polygons: (await readPolygons(label)).map(nativePolygon) };
}

/**
 * Trains a segmenter on labelled scans: patients are split by a seeded hash or as named, scans are read and resampled once, then
 * epochs of Adam run until the end, an abort, or early stopping. The weights of the best epoch by validation Dice (or of the last one, as `keep` says) are
 * written to `options.output`.
 *
 * @param dataset - cases, or the path of a JSON dataset file or of a folder of cases (see {@link discoverDataset})
 * @returns the model, ready for `segmentStructure`, and the learning curves
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `PATIENT_LEAK`; {@link InputFileError}
 *   `LABEL_GEOMETRY_MISMATCH`, `EMPTY_LABEL`, `CORRUPT_LABEL`, `CORRUPT_CHECKPOINT`, `CHECKPOINT_MISMATCH`, …;
 *   {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`; {@link TrainingError} `TRAINING_DIVERGED`
 */
export async function trainSegmenter(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<TrainingResult> {
  const checked = checkOptions(trainOptions, options);
  checkRun(checked);
  const { signal, onEpoch } = checked;
  const found = typeof dataset === 'string' ? await discoverDataset(dataset) : checkDataset(dataset);
  const files = found.cases.flatMap(({ image, label }) => [image, label]);
  await checkRunOutputs(checked, [typeof dataset === 'string' ? dataset : undefined, ...files]);
  const split = splitOf(
    found.cases.map(({ patient }) => patient),
    checked,
  );
  const validation = new Set(split.validation);
  const said = found.cases.map(({ patient, image, label, labelValues }) => ({
    text: `${patient}\n${labelValues ?? ''}\n`,
    paths: [image, label],
  }));
  const [cases, sha256] = await Promise.all([
    Promise.all(found.cases.map((entry) => nativeCase(entry, validation.has(entry.patient)))),
    hashFiles(said, signal),
  ]);
  const plan = JSON.stringify({ cases, options: { ...nativeOptions(checked), dataset_sha256: sha256 } });
  const report = (record: string) => onEpoch?.(JSON.parse(record) as EpochRecord);
  const result = await runJob(options, (native, control) => native.trainSegmenter(plan, control), report);
  return {
    model: await loadModel(result.weights),
    weights: result.weights,
    history: JSON.parse(result.history) as TrainingHistory,
    trainingPatients: split.training,
    validationPatients: split.validation,
    warnings: distinctWarnings([...loadWarnings(), ...result.warnings]),
  };
}
