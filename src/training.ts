import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { checkDataset, discoverDataset, splitPatients } from './dataset.js';
import { unreadableFile } from './errors.js';
import { runJob } from './job.js';
import { isPolygonLabel, readPolygons } from './labels.js';
import { loadModel } from './model.js';
import { checkOptions, expecting, invalidArgument, runFields } from './options.js';
import type { Model, RunOptions, TrainingCase, TrainingDataset } from './types.js';

/** One pass over the training slices and what was measured after it. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps of Adam since the start of the run. */
  readonly steps: number;
  readonly learningRate: number;
  readonly trainingLoss: number;
  readonly trainingAccuracy: number;
  /** Null in epochs without validation. */
  readonly validationLoss: number | null;
  readonly validationAccuracy: number | null;
  /** Mean over the validation patients, over each one's volume on the source grid. */
  readonly validationDice: number | null;
  readonly patients: readonly {
    readonly patient: string;
    readonly dice: number;
    readonly voe: number;
    readonly rvd: number | null;
  }[];
  /** Of training, without validation. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

export interface TrainingHistory {
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were saved. */
  readonly bestEpoch: number;
  /** −1 where nothing was validated. */
  readonly bestDice: number;
}

/**
 * The liver network that comes with the package (docs/experiments.md): what the paper leaves open of its three layers.
 * Fields are those of a model's `info.architecture`.
 */
const kDefaultArchitecture = {
  spacing_mm: 2,
  context_mm: [-10, -5, 0, 5, 10],
  coordinates: ['x', 'y'],
  prior_context_mm: [],
  passes: 1,
  subsampling: 3,
  kernels: [5, 5, 5],
  dilations: [1, 2, 3],
  skip: 'all',
  head: 'subpixel',
  head_kernel: 3,
  threshold: 0.5,
  z_smoothing_mm: 0,
  slice_step_mm: 0,
};

/** Where the paper is silent, the default is this project's choice. */
export interface TrainOptions extends RunOptions {
  /** Where to write the trained weights (.safetensors). */
  readonly output: string;
  /** What is segmented; any name. Default `liver`. */
  readonly structure?: string;
  /** What differs from the liver network, in the fields of a model's `info.architecture`. */
  readonly architecture?: Readonly<Record<string, unknown>>;
  /** HU limits before equalization; default [−100, 400]. */
  readonly window?: readonly [number, number];
  readonly equalization?: 'global' | 'clahe' | 'none';
  readonly seed?: number;
  /** Part of the patients that is validated on; default 0.3. */
  readonly validationFraction?: number;
  /** Default 200. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** Parts of a mini-batch that are computed one after the other to save memory; batch norm sees the parts. Default 1. */
  readonly accumulation?: number;
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Default `constant`. */
  readonly schedule?: 'constant' | 'cosine';
  readonly warmupSteps?: number;
  /** Decay of the moving average of the weights that is validated and saved; default 0: the weights themselves. */
  readonly emaDecay?: number;
  /** Weight of the structure's pixels in the cross-entropy; default 1. */
  readonly positiveWeight?: number;
  /** Weight of a soft Dice term beside the cross-entropy; default 0. */
  readonly diceWeight?: number;
  /** Stop after so many epochs without a better validation Dice; default 0: never. */
  readonly earlyStoppingEpochs?: number;
  /** Slices drawn for an epoch; default 0: every slice once. */
  readonly slicesPerEpoch?: number;
  /** Draw the patient first, then a slice of it. */
  readonly balancePatients?: boolean;
  /** Part of the drawn slices that shows the structure; default 0: as they come. */
  readonly structureFraction?: number;
  /** Distance of the slices trained on, mm; default 0: every slice. */
  readonly sliceStrideMm?: number;
  /** Rows and columns of the training picture, pixels of the network's grid; default: from the data. */
  readonly canvas?: readonly [number, number];
  /** Random scale, aspect, rotation, shift, grey values (no flips); default false, as in the paper. */
  readonly augment?: boolean;
  readonly precision?: 'auto' | 'fp32' | 'bf16';
  /** Epochs between validations; default 1. */
  readonly validationEvery?: number;
  /** Distance of the slices validated on, mm; default 0: every slice. */
  readonly validationStrideMm?: number;
  /** Minutes of training after which the run ends; default 0: by epochs alone. */
  readonly timeLimitMinutes?: number;
  /** Folder for checkpoints after every epoch; default: none. */
  readonly checkpoints?: string;
  /** Go on from `checkpoints` where it holds some; default false. */
  readonly resume?: boolean;
  /** Kept in the weights' metadata. */
  readonly licence?: string;
  readonly datasetName?: string;
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A trained segmenter and how it came to be. */
export interface TrainingResult {
  readonly model: Model;
  readonly history: TrainingHistory;
  readonly trainingPatients: readonly string[];
  readonly validationPatients: readonly string[];
}

const count = (minimum: number) =>
  expecting(minimum > 0 ? 'a positive integer' : 'a non-negative integer', z.int().min(minimum));
const amount = expecting('a non-negative number', z.number().min(0));
const part = expecting('a number from 0 to 1', z.number().min(0).max(1));
const flag = expecting('true or false', z.boolean());
const text = expecting('a string', z.string());

const trainOptions = z.strictObject({
  ...runFields,
  output: expecting('a path', z.string().min(1)),
  structure: expecting('a name', z.string().min(1).max(64)),
  architecture: expecting('an object', z.record(z.string(), z.unknown())),
  window: expecting('two integers in HU, the lower one first', z.tuple([z.int(), z.int()])),
  equalization: expecting("'global', 'clahe' or 'none'", z.enum(['global', 'clahe', 'none'])),
  seed: count(0),
  validationFraction: part,
  epochs: count(1),
  batchSize: count(1),
  accumulation: count(1),
  learningRate: expecting('a positive number', z.number().positive()),
  schedule: expecting("'constant' or 'cosine'", z.enum(['constant', 'cosine'])),
  warmupSteps: count(0),
  emaDecay: expecting('a number from 0 to 1, 1 excluded', z.number().min(0).lt(1)),
  positiveWeight: expecting('a positive number', z.number().positive()),
  diceWeight: amount,
  earlyStoppingEpochs: count(0),
  slicesPerEpoch: count(0),
  balancePatients: flag,
  structureFraction: part,
  sliceStrideMm: amount,
  canvas: expecting('two positive integers', z.tuple([z.int().positive(), z.int().positive()])),
  augment: flag,
  precision: expecting("'auto', 'fp32' or 'bf16'", z.enum(['auto', 'fp32', 'bf16'])),
  validationEvery: count(1),
  validationStrideMm: amount,
  timeLimitMinutes: amount,
  checkpoints: text,
  resume: flag,
  licence: text,
  datasetName: text,
  onEpoch: expecting(
    'a function',
    z.custom<(record: EpochRecord) => void>((value) => typeof value === 'function'),
  ),
});

/** Only what was given: the native side keeps the defaults, and refuses null. */
function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

function nativeOptions(options: z.output<typeof trainOptions>): Record<string, unknown> {
  const { window, equalization, architecture } = options;
  const preprocess = given({ hu_min: window?.[0], hu_max: window?.[1], equalization });
  return given({
    structure: options.structure,
    architecture: JSON.stringify({ ...kDefaultArchitecture, ...architecture }),
    preprocess,
    seed: options.seed,
    epochs: options.epochs,
    batch_size: options.batchSize,
    accumulation: options.accumulation,
    learning_rate: options.learningRate,
    schedule: options.schedule,
    warmup_steps: options.warmupSteps,
    ema_decay: options.emaDecay,
    positive_weight: options.positiveWeight,
    dice_weight: options.diceWeight,
    early_stopping_epochs: options.earlyStoppingEpochs,
    slices_per_epoch: options.slicesPerEpoch,
    balance_patients: options.balancePatients,
    structure_fraction: options.structureFraction,
    slice_stride_mm: options.sliceStrideMm,
    canvas_px: options.canvas,
    augmentation: { enabled: options.augment ?? false },
    precision: options.precision,
    validation_every: options.validationEvery,
    validation_stride_mm: options.validationStrideMm,
    time_limit_minutes: options.timeLimitMinutes,
    checkpoint_folder: options.checkpoints,
    resume: options.resume,
    output: options.output,
    licence: options.licence,
    dataset: options.datasetName,
    hepatica_version: version,
  });
}

/** The files that are read of an image or a label; links to folders inside it are not followed, as in reading. */
async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path, { recursive: true })).sort();
  const files = names.map(async (name) => ((await stat(join(path, name))).isFile() ? [join(path, name)] : []));
  return (await Promise.all(files)).flat();
}

/** Hex SHA-256 over patients and the bytes of images and labels, in the order of the cases. */
async function hashDataset({ cases }: TrainingDataset, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for (const { patient, image, label, labelValues } of cases) {
    hash.update(`${patient}\n${labelValues ?? ''}\n`);
    for (const file of [...(await filesBelow(image)), ...(await filesBelow(label))]) {
      for await (const chunk of createReadStream(file, { signal })) hash.update(chunk as Buffer);
    }
  }
  return hash.digest('hex');
}

async function nativeCase(entry: TrainingCase, validation: boolean): Promise<Record<string, unknown>> {
  const { patient, image, label, labelValues } = entry;
  const common = { patient, image, label_values: labelValues ?? [], validation };
  if (!(await isPolygonLabel(label))) return { ...common, label };
  const polygons = (await readPolygons(label)).map(({ slice, sopInstanceUid, hole, points }) => ({
    slice,
    sop_instance_uid: sopInstanceUid,
    hole,
    points,
  }));
  return { ...common, label: '', polygons };
}

/**
 * Trains a segmenter on labelled scans: patients are split by a seeded hash, scans are read and resampled once, then
 * epochs of Adam run until the end, an abort, or early stopping. The weights of the best epoch by validation Dice are
 * written to `options.output`.
 *
 * @param dataset - cases, or the path of a JSON dataset file or of a folder of cases (see {@link discoverDataset})
 * @returns the model, ready for `segmentStructure`, and the learning curves
 * @throws {@link InputFileError} `LABEL_GEOMETRY_MISMATCH`, `EMPTY_LABEL`, `CORRUPT_LABEL`, …; {@link OutputError}
 *   `OUTPUT_UNWRITABLE`; `CORRUPT_CHECKPOINT` and `CHECKPOINT_MISMATCH` on resuming
 */
export async function trainSegmenter(
  dataset: TrainingDataset | string,
  options: TrainOptions,
): Promise<TrainingResult> {
  const checked = checkOptions(trainOptions, options);
  if (checked.output === undefined) throw invalidArgument('output', 'a path', checked.output);
  const { signal, onEpoch } = checked;
  const found = typeof dataset === 'string' ? await discoverDataset(dataset) : checkDataset(dataset);
  const patients = found.cases.map(({ patient }) => patient);
  const split = splitPatients(patients, checked.seed ?? 0, checked.validationFraction ?? 0.3);
  const validation = new Set(split.validation);
  const [cases, sha256] = await Promise.all([
    Promise.all(found.cases.map((entry) => nativeCase(entry, validation.has(entry.patient)))),
    hashDataset(found, signal).catch((cause: NodeJS.ErrnoException) => {
      signal?.throwIfAborted();
      throw unreadableFile(cause.path ?? '', cause);
    }),
  ]);
  const plan = JSON.stringify({ cases, options: { ...nativeOptions(checked), dataset_sha256: sha256 } });
  const report = (record: string) => onEpoch?.(JSON.parse(record) as EpochRecord);
  const result = await runJob(options, (native, control) => native.trainSegmenter(plan, control), report);
  return {
    model: await loadModel(result.weights),
    history: JSON.parse(result.history) as TrainingHistory,
    trainingPatients: split.training,
    validationPatients: split.validation,
  };
}
