/** What every training is asked for and tells of, whatever it trains. */
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { z } from 'zod';
import { loadModel } from '../models/model.js';
import type { NativeTrainingResult } from '../native/binding.js';
import { loadWarnings } from '../native/load.js';
import { refuseInputs } from '../output/guard.js';
import { checkTargetFile, outputExists } from '../output/ownership.js';
import { invalidArgument, nativeOptions } from '../schema/check.js';
import type { pictureOptions, trainRunOptions } from '../schema/train.js';
import type { Model, Postprocessing, Warning } from '../types.js';
import { distinctWarnings } from '../warnings.js';
import { type PatientSplit, splitPatients } from './dataset.js';
import type { LabelPolygon } from './labels.js';
import { type HashedDataset, patientHashes } from './training-input.js';
import { isFirstProcess } from './training-processes.js';

/** One pass over the training slices and what was measured after it. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** Steps of Adam since the start of the run. */
  readonly steps: number;
  /** At the end of the epoch. */
  readonly learningRate: number;
  /** Mean over the epoch. */
  readonly trainingLoss: number;
  /** Of pixels; mean over the epoch. */
  readonly trainingAccuracy: number;
  /** Null in epochs without validation. */
  readonly validationLoss: number | null;
  /** Of pixels; null in epochs without validation. */
  readonly validationAccuracy: number | null;
  /**
   * Segmenters: mean over the validation patients, over each one's volume on the source grid. Lesions: of all lesion voxels
   * together, on the network's grid.
   */
  readonly validationDice: number | null;
  /** Of each validation patient; empty in epochs without validation. */
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
  /** Training pictures. */
  readonly imagesPerSecond: number;
}

/** How a training went. */
export interface TrainingHistory {
  /** In their order. */
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights were saved. */
  readonly bestEpoch: number;
  /** Its score; −1 where nothing was validated. */
  readonly bestScore: number;
  /** Its `validationDice`; −1 where nothing was validated. */
  readonly bestDice: number;
}

/** A trained network and how it came to be. */
export interface TrainingResult {
  /** Read from `weights`. */
  readonly model: Model;
  /** Path of the weights that were written. */
  readonly weights: string;
  /** Of all epochs, also of those before a run that went on. */
  readonly history: TrainingHistory;
  /** Who was learned from. */
  readonly trainingPatients: readonly string[];
  /** Who was validated on. */
  readonly validationPatients: readonly string[];
  /** What the weights' metadata calls each patient: a hash, or with `patientNames` the name. */
  readonly publishedPatients: Readonly<Record<string, string>>;
  /** Of the dataset, of reading each scan (with the patient's name), of loading the native part, and of the run. */
  readonly warnings: readonly Warning[];
}

type CheckedRunOptions = z.output<typeof trainRunOptions>;

/** What one field's schema cannot see. */
export function checkRun({ output, resume, checkpoints }: CheckedRunOptions): void {
  if (output === undefined) throw invalidArgument('output', 'a path', output);
  if (resume && checkpoints === undefined) {
    throw invalidArgument('checkpoints', 'the folder that resume goes on from', checkpoints);
  }
}

/** What a run has learned so far may be days of work. */
async function refuseToRestart(checkpoint: string): Promise<void> {
  if (!(await stat(checkpoint).catch(() => undefined))) return;
  const remedy = 'Go on from it with resume, name another folder, or begin anew with the option overwrite: true.';
  throw outputExists(checkpoint, remedy, 'the checkpoint of an earlier run');
}

/**
 * Refuses to train where the weights or checkpoints would take the place of an input, of a stranger's file or of another
 * run's checkpoint; before any data is read.
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
  if (!resume && !overwrite) await refuseToRestart(join(checkpoints, 'last.safetensors'));
}

/** Only what was given: the native side keeps the defaults, and refuses null. */
export function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As the native side names them. */
function snakeCased(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [snakeCase(name), value]));
}

/** Where prepared scans are kept; undefined: in memory. */
export function cacheFolder({ cache, output = '' }: CheckedRunOptions): string | undefined {
  if (cache !== undefined) return cache || undefined;
  return `${output.replace(/\.safetensors$/, '')}.cache`;
}

/** The options of a training, for the native side: each by its name, but for what is one of several to it. */
export function nativeRunOptions(
  schema: z.ZodObject,
  options: CheckedRunOptions & Partial<z.output<typeof pictureOptions>>,
): Record<string, unknown> {
  const { window, equalization } = options;
  return given({
    ...snakeCased(nativeOptions(schema, options)),
    preprocess: window && { hu_min: window[0], hu_max: window[1], equalization },
    checkpoint_folder: options.checkpoints,
    cache_folder: cacheFolder(options),
    dataset: options.datasetName,
    hepatica_version: version,
  });
}

/** An augmentation: none, that of all defaults, or one of which some amounts are given. */
export function nativeAugmentation(amounts: z.ZodObject, augment: boolean | object): Record<string, unknown> {
  if (augment === false) return { enabled: false };
  return { enabled: true, ...snakeCased(amounts.parse(augment === true ? {} : augment)) };
}

/** The patients on each side: as named, or split by a seeded hash. */
export function splitOf(patients: readonly string[], options: CheckedRunOptions): PatientSplit {
  const { validationPatients: named, seed, validationFraction } = options;
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
