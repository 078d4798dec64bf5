/** What every training is asked for and tells of, whatever it trains. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { type PatientSplit, splitPatients } from './dataset.js';
import type { LabelPolygon } from './labels.js';
import { loadModel } from './model.js';
import { loadWarnings } from './native.js';
import type { NativeTrainingResult } from './native-binding.js';
import {
  deviceField,
  equalizationField,
  expecting,
  invalidArgument,
  precisionField,
  runFields,
  windowField,
} from './options.js';
import { refuseInputs } from './output/guard.js';
import { checkTargetFile } from './output/ownership.js';
import { type HashedDataset, patientHashes } from './training-input.js';
import { isFirstProcess } from './training-processes.js';
import type { DeviceOptions, HistogramEqualization, Model, Postprocessing, RunOptions, Warning } from './types.js';
import { distinctWarnings } from './warnings.js';

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
  /**
   * Segmenters: mean over the validation patients, over each one's volume on the source grid. Lesions: of all lesion voxels
   * together, on the network's grid.
   */
  readonly validationDice: number | null;
  readonly patients: readonly {
    readonly patient: string;
    readonly dice: number;
    readonly voe: number;
    readonly rvd: number | null;
  }[];
  /**
   * What else was measured, by name. Lesions: `trainingLocationLoss`, `trainingClassLoss`; of validation `realDice`,
   * `realRecall`, `realPrecision` (lesions at an intersection over union above 0), the same with `synthetic`, and
   * `classAccuracy` over the found lesions of a known type. Segmenters: `unprocessedDice`, before `postprocessing`.
   */
  readonly figures: Readonly<Record<string, number>>;
  /** Segmenters: what the patients' figures hold for, as the weights of this epoch keep it; null without validation. */
  readonly postprocessing: Postprocessing | null;
  /** What the best epoch is chosen by, the larger the better; null in epochs without validation. */
  readonly score: number | null;
  /** Where it ran: `cpu`, or `cuda:0 NAME`. A run that goes on from a checkpoint may go on elsewhere. */
  readonly device: string;
  /** Of training, without validation. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
}

export interface TrainingHistory {
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were saved. */
  readonly bestEpoch: number;
  /** Its score; −1 where nothing was validated. */
  readonly bestScore: number;
  /** Its `validationDice`; −1 where nothing was validated. */
  readonly bestDice: number;
}

/** What every training takes. Where the paper is silent, the default is this project's choice. */
export interface TrainRunOptions extends RunOptions, DeviceOptions {
  /** Where to write the trained weights (.safetensors). */
  readonly output: string;
  /**
   * What differs from the network that the training starts from, in the fields of a model's `info.architecture`: from the
   * default one, that of the weights that come with the package, or from `initial`.
   */
  readonly architecture?: Readonly<Record<string, unknown>>;
  /** HU limits before equalization; default [−100, 400]. */
  readonly window?: readonly [number, number];
  /** Per-slice histogram equalization; default `global`. */
  readonly equalization?: HistogramEqualization;
  /** Whole number from 0: of the split, the first weights, and all that is drawn at random. Default 0. */
  readonly seed?: number;
  /** Part of the patients that is validated on, 0 to 1; default 0.3. */
  readonly validationFraction?: number;
  /** The patients that are validated on, instead of a seeded part of them; `validationFraction` counts for nothing then. */
  readonly validationPatients?: readonly string[];
  /**
   * Which epoch's weights are saved; default `best`, by the validation score. `last`: the validation patients choose
   * nothing, so that what is measured on them holds for new patients (out-of-fold).
   */
  readonly keep?: 'best' | 'last';
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
  /** Steps in which the learning rate rises to its full value; default 0. */
  readonly warmupSteps?: number;
  /** Decay of the moving average of the weights that is validated and saved; default 0: the weights themselves. */
  readonly emaDecay?: number;
  /** Stop after so many epochs without a better validation score; default 0: never. */
  readonly earlyStoppingEpochs?: number;
  /** Slices drawn for an epoch; default 0: as many as there are, each once. */
  readonly slicesPerEpoch?: number;
  /** Arithmetic: `auto` (default) takes bf16 where the device has it, else fp32. */
  readonly precision?: 'auto' | 'fp32' | 'bf16';
  /** Epochs between validations; default 1. */
  readonly validationEvery?: number;
  /** Minutes of training after which the run ends; default 0: by epochs alone. */
  readonly timeLimitMinutes?: number;
  /** Folder for checkpoints after every epoch; default: none. */
  readonly checkpoints?: string;
  /** Go on from `checkpoints`, which has to be given, where it holds some; default false. */
  readonly resume?: boolean;
  /** Replace files at `output` and in `checkpoints` that hepatica did not write; default false. Never inputs. */
  readonly overwrite?: boolean;
  /** Kept in the weights' metadata. */
  readonly licence?: string;
  /** What was trained on, in words: kept in the weights' metadata. */
  readonly datasetName?: string;
  /**
   * Whether the weights' metadata names patients as the dataset does. Default false: by hashes, whose salt is made from
   * the files' contents and kept nowhere.
   */
  readonly patientNames?: boolean;
  /**
   * Processes of this machine that train together; default 1. They share each mini-batch (`batchSize` counts all of
   * them), batch norm and validation patients, learn what one does, and share the cores that `threads` names. A run may
   * go on with another number of them. Where the environment has RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as
   * `torchrun` and Kubernetes' PyTorchJob set them, this process is one of those, on any machines with a common file
   * system, and the first one writes.
   */
  readonly processes?: number;
  /** Called after every epoch, once its checkpoint is written. */
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** A trained network and how it came to be. */
export interface TrainingResult {
  /** Read from `weights`. */
  readonly model: Model;
  /** Path of the weights that were written. */
  readonly weights: string;
  readonly history: TrainingHistory;
  readonly trainingPatients: readonly string[];
  readonly validationPatients: readonly string[];
  /** What the weights' metadata calls each patient: a hash, or with `patientNames` the name. */
  readonly publishedPatients: Readonly<Record<string, string>>;
  /** Of the dataset, of reading each scan (with the patient's name), of loading the native part, and of the run. */
  readonly warnings: readonly Warning[];
}

/** What the native side keeps in an int. */
const kMostCount = 2 ** 31 - 1;

export const count = (minimum: number) =>
  expecting(minimum > 0 ? 'a positive integer' : 'a non-negative integer', z.int().min(minimum).max(kMostCount));
export const amount = expecting('a non-negative number', z.number().min(0));
export const part = expecting('a number from 0 to 1', z.number().min(0).max(1));
export const flag = expecting('true or false', z.boolean());
export const text = expecting('a string', z.string());
export const canvasField = expecting('two positive integers', z.tuple([z.int().positive(), z.int().positive()]));

/** `true` for the default amounts, or some of them. */
export const augmentField = <Shape extends z.ZodRawShape>(amounts: Shape) =>
  expecting(
    `true, false or an object with some of ${Object.keys(amounts).join(', ')}`,
    z.union([z.boolean(), z.strictObject(amounts).partial()]),
  );

export const trainRunFields = {
  ...runFields,
  device: deviceField,
  output: expecting('a path', z.string().min(1)),
  architecture: expecting('an object', z.record(z.string(), z.unknown())),
  window: windowField,
  equalization: equalizationField,
  seed: expecting('a non-negative integer', z.int().min(0)),
  validationFraction: part,
  validationPatients: expecting('a list of patients', z.array(z.string().min(1)).min(1)),
  keep: expecting("'best' or 'last'", z.enum(['best', 'last'])),
  epochs: count(1),
  batchSize: count(1),
  accumulation: count(1),
  learningRate: expecting('a positive number', z.number().positive()),
  schedule: expecting("'constant' or 'cosine'", z.enum(['constant', 'cosine'])),
  warmupSteps: count(0),
  emaDecay: expecting('a number from 0 to 1, 1 excluded', z.number().min(0).lt(1)),
  earlyStoppingEpochs: count(0),
  slicesPerEpoch: count(0),
  precision: precisionField,
  validationEvery: count(1),
  timeLimitMinutes: amount,
  checkpoints: text,
  resume: flag,
  overwrite: flag,
  licence: text,
  datasetName: text,
  patientNames: flag,
  processes: expecting('a whole number from 1 to 256', z.int().min(1).max(256)),
  onEpoch: expecting(
    'a function',
    z.custom<(record: EpochRecord) => void>((value) => typeof value === 'function'),
  ),
};

const checkedFields = z.strictObject(trainRunFields);
type CheckedRunOptions = z.output<typeof checkedFields>;

/** What one field's schema cannot see. */
export function checkRun({ output, resume, checkpoints }: CheckedRunOptions): void {
  if (output === undefined) throw invalidArgument('output', 'a path', output);
  if (resume && checkpoints === undefined) {
    throw invalidArgument('checkpoints', 'the folder that resume goes on from', checkpoints);
  }
}

/**
 * Refuses to train where the weights or checkpoints would take the place of an input or of a stranger's file; before any
 * data is read.
 */
export async function checkRunOutputs(options: CheckedRunOptions, inputs: readonly (string | undefined)[]) {
  // Of the processes on several machines, the first one writes, perhaps already.
  if (!isFirstProcess()) return;
  const { output, checkpoints, resume, overwrite } = options;
  const read = inputs.filter((path) => path !== undefined);
  await checkTargetFile(output as string, read, overwrite);
  if (checkpoints === undefined) return;
  await refuseInputs([checkpoints], read);
  // What is resumed is read first, and refused by its own code where it is no checkpoint.
  const names = resume ? [] : ['last.safetensors', 'best.safetensors'];
  for (const name of names) await checkTargetFile(join(checkpoints, name), read, overwrite);
}

/** Only what was given: the native side keeps the defaults, and refuses null. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** The options of native/training/loop/run_options.h that every training has. */
export function nativeRunOptions(options: CheckedRunOptions): Record<string, unknown> {
  const { window, equalization } = options;
  const preprocess = given({ hu_min: window?.[0], hu_max: window?.[1], equalization });
  return given({
    architecture: options.architecture && JSON.stringify(options.architecture),
    keep: options.keep,
    preprocess,
    seed: options.seed,
    epochs: options.epochs,
    batch_size: options.batchSize,
    accumulation: options.accumulation,
    learning_rate: options.learningRate,
    schedule: options.schedule,
    warmup_steps: options.warmupSteps,
    ema_decay: options.emaDecay,
    early_stopping_epochs: options.earlyStoppingEpochs,
    slices_per_epoch: options.slicesPerEpoch,
    precision: options.precision,
    validation_every: options.validationEvery,
    time_limit_minutes: options.timeLimitMinutes,
    checkpoint_folder: options.checkpoints,
    resume: options.resume,
    output: options.output,
    licence: options.licence,
    dataset: options.datasetName,
    hepatica_version: version,
  });
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The augmentation's fields as the native side names them. */
export function nativeAugmentation(augment: boolean | object | undefined): Record<string, unknown> {
  if (augment === undefined || typeof augment === 'boolean') return { enabled: augment ?? false };
  const amounts = Object.entries(augment).map(([name, amount]) => [snakeCase(name), amount] as const);
  return { enabled: true, ...given(Object.fromEntries(amounts)) };
}

/** The patients on each side: as named, or split by a seeded hash. */
export function splitOf(patients: readonly string[], options: CheckedRunOptions): PatientSplit {
  const { validationPatients: named, seed = 0, validationFraction = 0.3 } = options;
  if (named === undefined) return splitPatients(patients, seed, validationFraction);
  const all = new Set(patients);
  for (const name of named) {
    if (!all.has(name)) throw invalidArgument('validationPatients', 'patients of the dataset', name);
  }
  const validation = new Set(named);
  return { training: [...all].filter((name) => !validation.has(name)), validation: [...validation] };
}

/** A polygon as native/training/data/label_polygon.h reads it. */
export function nativePolygon({ slice, sopInstanceUid, hole, points }: LabelPolygon): Record<string, unknown> {
  return { slice, sop_instance_uid: sopInstanceUid, hole, points };
}

/** A training that is done. Of several processes, only the first one's weights are sure to be in their place. */
export interface EndedTraining {
  readonly native: NativeTrainingResult;
  readonly split: PatientSplit;
  readonly publishedPatients: Readonly<Record<string, string>>;
  /** Of the dataset. */
  readonly warnings: readonly Warning[];
}

export async function trainingResult(ended: EndedTraining): Promise<TrainingResult> {
  const { native, split, publishedPatients, warnings } = ended;
  return {
    model: await loadModel(native.weights),
    weights: native.weights,
    history: JSON.parse(native.history) as TrainingHistory,
    trainingPatients: split.training,
    validationPatients: split.validation,
    publishedPatients,
    warnings: distinctWarnings([...warnings, ...loadWarnings(), ...native.warnings, ...splitWarnings(split)]),
  };
}

function splitWarnings({ training, validation }: PatientSplit): Warning[] {
  if (validation.length > 0) return [];
  const message = `None of the ${training.length} patients was validated on: nothing is known of how good the network is`;
  return [{ code: 'NOT_VALIDATED', message }];
}

/** By which names the weights' metadata has the patients. */
export function publishedNames(
  patients: readonly string[],
  { salt }: HashedDataset,
  { patientNames }: CheckedRunOptions,
): Record<string, string> {
  return patientNames ? Object.fromEntries(patients.map((name) => [name, name])) : patientHashes(patients, salt);
}
