import { z } from 'zod';
import { hashOfInput } from './file-hash.js';
import { runJob } from './job.js';
import { discoverLesionDataset, nativeLesionCase } from './lesion-dataset.js';
import { isModel, type StartingWeights, startingWeights } from './model.js';
import { checkOptions, expecting, invalidArgument } from './options.js';
import { type HashedEntry, hashDataset, requireReadable } from './training-input.js';
import { runTraining, type TrainingCall } from './training-processes.js';
import {
  amount,
  augmentField,
  canvasField,
  checkRun,
  checkRunOutputs,
  count,
  type EndedTraining,
  type EpochRecord,
  flag,
  given,
  nativeAugmentation,
  nativeRunOptions,
  part,
  publishedNames,
  splitOf,
  type TrainingResult,
  type TrainRunOptions,
  trainingResult,
  trainRunFields,
} from './training-run.js';
import type { LesionTrainingCase, LesionTrainingDataset, Model } from './types.js';

/** Amounts are standard deviations unless said otherwise. */
export interface LesionAugmentation {
  /** Of the logarithm of the size; default 0.12. */
  readonly scale?: number;
  /** Default 13. */
  readonly rotationDeg?: number;
  /** Of the logarithm of the contrast to the liver; default 0.12. */
  readonly gain?: number;
  /** HU added to all; default 5. */
  readonly offsetHu?: number;
  /** The most that half the pictures get, of 200 HU; default 0.05. */
  readonly noise?: number;
  /** Part of the pictures in which the liver's border is wrong, as predicted ones are; default 0.5. */
  readonly liverErrors?: number;
}

export interface TrainLesionsOptions extends TrainRunOptions {
  /** Random size, rotation, mirroring, grey values and liver borders; default false, as in the paper. */
  readonly augment?: boolean | LesionAugmentation;
  /**
   * A trained lesion network to go on from: a path, or a model from `loadModel`, whose weights are taken as
   * they were loaded. The run's network is its, with the fields that `architecture` gives. Default: from scratch.
   */
  readonly initial?: string | Model;
  /** `location`: only the class channel of that network learns, and the rest stays as it is. Default `none`. */
  readonly freeze?: 'none' | 'location';
  /**
   * ImageNet weights of ResNet101 to start the base from, torchvision's, timm's or of the same names: a path, or a
   * model from `loadModel`, whose weights are taken as they were loaded. Default: from scratch.
   */
  readonly base?: string | Model;
  /** Epochs in which that base is held fixed; default 0. */
  readonly frozenEpochs?: number;
  /** Factor of that base's learning rate afterwards; default 0.1. */
  readonly baseLearningRateFactor?: number;
  /** Variants of each training ground with synthetic lesions; default 1. */
  readonly syntheticPerScan?: number;
  /** Epochs after which they are made anew; default 2. */
  readonly syntheticRefreshEpochs?: number;
  /** Fewest and most synthetic lesions in a variant; default [6, 14]. */
  readonly syntheticLesions?: readonly [number, number];
  /** Variants of each validation ground, the same in all epochs; default 1. */
  readonly validationSyntheticPerScan?: number;
  /** Part of the drawn pictures that comes from scans as they are; default 0.5. */
  readonly realFraction?: number;
  /** Part of the pictures that is drawn around a lesion; the others lie anywhere in the liver. Default 0.5. */
  readonly lesionFraction?: number;
  /** Slices in which one lesion covers more of the liver are left out of training; default 0.4, as in the paper. */
  readonly maxLesionShare?: number;
  /** Rows and columns of the training picture, pixels of the network's grid; default [64, 64]. */
  readonly canvas?: readonly [number, number];
  /** Weight of lesion pixels in the location's cross-entropy; default 1. */
  readonly positiveWeight?: number;
  /** Weight of a soft Dice term beside it; default 0.5. */
  readonly diceWeight?: number;
  /** Weight of the class channel's cross-entropy; default 1; 0: it isn't trained. */
  readonly classWeight?: number;
  /** Every lesion type counts alike in it, whatever its pixels; default true. */
  readonly balanceClasses?: boolean;
  /**
   * The score that chooses the best epoch: `dice` (all lesion voxels together), `accuracy` (of the types of found
   * lesions), `mean` of both, or `loss`; default `mean`.
   */
  readonly bestBy?: 'dice' | 'accuracy' | 'mean' | 'loss';
}

const weightsField = expecting('a path or a model', z.union([z.string().min(1), z.custom<Model>(isModel)]));

const trainOptions = z.strictObject({
  ...trainRunFields,
  augment: augmentField({
    scale: amount,
    rotationDeg: amount,
    gain: amount,
    offsetHu: amount,
    noise: amount,
    liverErrors: part,
  }),
  initial: weightsField,
  freeze: expecting("'none' or 'location'", z.enum(['none', 'location'])),
  base: weightsField,
  frozenEpochs: count(0),
  baseLearningRateFactor: expecting('a positive number', z.number().positive()),
  syntheticPerScan: count(0),
  syntheticRefreshEpochs: count(1),
  syntheticLesions: expecting(
    'two integers from 1 to 255, the lower one first',
    z.tuple([z.int().min(1), z.int().max(255)]).refine(([low, high]) => low <= high),
  ),
  validationSyntheticPerScan: count(0),
  realFraction: part,
  lesionFraction: part,
  maxLesionShare: expecting('a number from 0.01 to 1', z.number().min(0.01).max(1)),
  canvas: canvasField,
  positiveWeight: expecting('a positive number', z.number().positive()),
  diceWeight: amount,
  classWeight: amount,
  balanceClasses: flag,
  bestBy: expecting("'dice', 'accuracy', 'mean' or 'loss'", z.enum(['dice', 'accuracy', 'mean', 'loss'])),
});

/** What the run starts from. */
interface Beginning {
  readonly initial: StartingWeights | undefined;
  readonly base: StartingWeights | undefined;
}

function nativeOptions(options: z.output<typeof trainOptions>, { initial, base }: Beginning): Record<string, unknown> {
  return given({
    ...nativeRunOptions(options),
    initial: initial?.path,
    freeze: options.freeze,
    augmentation: nativeAugmentation(options.augment),
    base: base?.path,
    frozen_epochs: options.frozenEpochs,
    base_learning_rate_factor: options.baseLearningRateFactor,
    synthetic_per_scan: options.syntheticPerScan,
    synthetic_refresh_epochs: options.syntheticRefreshEpochs,
    synthetic_min_lesions: options.syntheticLesions?.[0],
    synthetic_max_lesions: options.syntheticLesions?.[1],
    validation_synthetic_per_scan: options.validationSyntheticPerScan,
    real_fraction: options.realFraction,
    lesion_fraction: options.lesionFraction,
    max_lesion_share: options.maxLesionShare,
    canvas_px: options.canvas,
    positive_weight: options.positiveWeight,
    dice_weight: options.diceWeight,
    class_weight: options.classWeight,
    balance_classes: options.balanceClasses,
    best_by: options.bestBy,
  });
}

/** Of the files that the run starts from. */
async function hashesOf({ initial, base }: Beginning, signal: AbortSignal | undefined) {
  const hashOf = async (start: StartingWeights | undefined) =>
    start && (start.sha256 ?? (await hashOfInput(start.path, signal)));
  return given({ initial_sha256: await hashOf(initial), base_sha256: await hashOf(base) });
}

/** Instead of the files, in the order of the native call. */
const modelsOf = ({ initial, base }: Beginning) =>
  [initial?.model?.load() ?? null, base?.model?.load() ?? null] as const;

const pathsOf = ({ image, liver, label }: LesionTrainingCase): string[] =>
  [image, liver, label].filter((path) => path !== undefined);

function saidOf(entry: LesionTrainingCase): HashedEntry {
  const { image: _image, liver: _liver, label: _label, ...said } = entry;
  return { text: `${JSON.stringify(said)}\n`, paths: pathsOf(entry) };
}

/** Somebody has to show lesions to the network. */
function checkTeachable(
  cases: readonly LesionTrainingCase[],
  validation: ReadonlySet<string>,
  syntheticPerScan: number,
): void {
  const shows = ({ patient, label, marked = true, ground = false }: LesionTrainingCase) =>
    !validation.has(patient) && ((marked && label !== undefined) || (ground && syntheticPerScan > 0));
  if (cases.some(shows)) return;
  const expectation = 'cases of which one at least has labelled lesions, or is ground, and is not validated on';
  throw invalidArgument('dataset', expectation, { cases }, 'cases');
}

/** The training itself, from the dataset on. */
async function train(
  dataset: LesionTrainingDataset | string,
  options: TrainLesionsOptions,
  checked: z.output<typeof trainOptions>,
  beginning: Beginning,
): Promise<EndedTraining> {
  const { signal, onEpoch } = checked;
  const hashes = await hashesOf(beginning, signal);
  const { cases: found, warnings } = await discoverLesionDataset(dataset);
  const patients = found.map(({ patient }) => patient);
  await checkRunOutputs(checked, [
    typeof dataset === 'string' ? dataset : undefined,
    beginning.initial?.path,
    beginning.base?.path,
    ...found.flatMap(pathsOf),
  ]);
  const split = splitOf(patients, checked);
  const validation = new Set(split.validation);
  checkTeachable(found, validation, checked.syntheticPerScan ?? 1);
  await requireReadable(found.flatMap(pathsOf));
  const cases = await Promise.all(found.map((entry) => nativeLesionCase(entry, validation.has(entry.patient))));
  const settings = { ...nativeOptions(checked, beginning), ...hashes };
  const models = modelsOf(beginning);
  const planWith = (more: object) => JSON.stringify({ cases, options: { ...settings, ...more } });
  const { onProgress: _, ...unheard } = options;
  await runJob(unheard, (native, control) => native.checkLesionTraining(planWith({}), ...models, control));
  const hashed = await hashDataset(found.map(saidOf), signal);
  const published = publishedNames(patients, hashed, checked);
  const known = { dataset_sha256: hashed.sha256, published_patients: published };
  const plan = { cases, options: { ...settings, ...known } };
  const report = (record: string) => onEpoch?.(JSON.parse(record) as EpochRecord);
  const call: TrainingCall = {
    name: 'trainLesionClassifier',
    plan,
    start: (native, text, control) => native.trainLesionClassifier(text, ...models, control),
  };
  const native = await runTraining(call, checked.processes ?? 1, options, report);
  return { native, split, publishedPatients: published, warnings };
}

/** trainLesionClassifier up to what needs the weights. */
export async function runLesionTraining(
  dataset: LesionTrainingDataset | string,
  options: TrainLesionsOptions,
): Promise<EndedTraining> {
  const checked = checkOptions(trainOptions, options);
  checkRun(checked);
  const beginning = {
    initial: startingWeights('initial', checked.initial, 'mdl_cnn'),
    base: startingWeights('base', checked.base, 'resnet101'),
  };
  const loaded = [beginning.initial?.model, beginning.base?.model];
  for (const model of loaded) model?.take();
  try {
    return await train(dataset, options, checked, beginning);
  } finally {
    for (const model of loaded) model?.release();
  }
}

/**
 * Trains a lesion network: location of lesions, and their type. Real lesions of unknown type teach the location alone;
 * types are learned from labelled lesions and from ones that are synthesized in the scans that are `ground` (figures on
 * types then hold for synthetic lesions). Patients are split by a seeded hash, or as `validationPatients` names them.
 *
 * @param dataset - cases, or the path of a JSON dataset file (see {@link discoverLesionDataset})
 * @returns the model, ready for `classifyLesions`, and the learning curves
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT`, `PATIENT_LEAK`, `DISPOSED`; {@link ModelError} `WRONG_MODEL`
 *   for `base` or `initial`; {@link InputFileError} `CORRUPT_DATASET`, `LABEL_GEOMETRY_MISMATCH`, `EMPTY_LABEL`, `CORRUPT_LABEL`, `CORRUPT_CHECKPOINT`,
 *   `CHECKPOINT_MISMATCH`, …; {@link OutputError} `OUTPUT_UNWRITABLE`, `OUTPUT_IS_INPUT`, `OUTPUT_EXISTS`;
 *   {@link TrainingError} `TRAINING_DIVERGED`, with nothing written, where losses, weights or scores are no longer finite,
 *   `PROCESS_LOST` where another of several processes ended, `RENDEZVOUS_FAILED` where they did not meet
 */
export async function trainLesionClassifier(
  dataset: LesionTrainingDataset | string,
  options: TrainLesionsOptions,
): Promise<TrainingResult> {
  return trainingResult(await runLesionTraining(dataset, options));
}
