import type { z } from 'zod';
import { hashOfInput } from '../io/file-hash.js';
import { baseWeights, type StartingWeights, startingFrom, startingWeights } from '../models/model.js';
import type { NativeBinding, NativeControl } from '../native/binding.js';
import { checkOptions, invalidArgument } from '../schema/check.js';
import { lesionAugmentation, trainLesionsOptions } from '../schema/train-lesions.js';
import type { LesionTrainingCase, LesionTrainingDataset, TrainLesionsOptions } from '../types.js';
import { trainOnCases } from './case-training.js';
import { discoverLesionDataset, nativeLesionCase } from './lesion-dataset.js';
import type { HashedEntry } from './training-input.js';
import {
  checkRun,
  type EndedTraining,
  given,
  nativeAugmentation,
  nativeRunOptions,
  type TrainingResult,
  trainingResult,
} from './training-run.js';

/** What the run starts from. */
interface Beginning {
  readonly initial: StartingWeights | undefined;
  readonly base: StartingWeights | undefined;
}

type CheckedOptions = z.output<typeof trainLesionsOptions>;

function nativeTraining(options: CheckedOptions, { initial, base }: Beginning): Record<string, unknown> {
  const [least, most] = options.syntheticLesions;
  return given({
    ...nativeRunOptions(trainLesionsOptions, options),
    initial: initial?.path,
    base: base?.path,
    augmentation: nativeAugmentation(lesionAugmentation, options.augment),
    synthetic_min_lesions: least,
    synthetic_max_lesions: most,
    canvas_px: options.canvas,
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
  checked: CheckedOptions,
  beginning: Beginning,
): Promise<EndedTraining> {
  const hashes = await hashesOf(beginning, checked.signal);
  const found = await discoverLesionDataset(dataset);
  const training = {
    found,
    inputs: [typeof dataset === 'string' ? dataset : undefined, beginning.initial?.path, beginning.base?.path],
    settings: { ...nativeTraining(checked, beginning), ...hashes },
    filesOf: pathsOf,
    saidOf,
    nativeOf: nativeLesionCase,
    checkCases: (validation: ReadonlySet<string>) => checkTeachable(found.cases, validation, checked.syntheticPerScan),
    name: 'trainLesionClassifier' as const,
    check: (native: NativeBinding, plan: string, control: NativeControl) =>
      native.checkLesionTraining(plan, ...modelsOf(beginning), control),
    start: (native: NativeBinding, plan: string, control: NativeControl) =>
      native.trainLesionClassifier(plan, ...modelsOf(beginning), control),
  };
  return trainOnCases(training, options, checked);
}

/** trainLesionClassifier up to what needs the weights. */
export async function runLesionTraining(
  dataset: LesionTrainingDataset | string,
  options: TrainLesionsOptions,
): Promise<EndedTraining> {
  const checked = checkOptions(trainLesionsOptions, options);
  checkRun(checked);
  const beginning = {
    initial: startingWeights('initial', checked.initial, 'mdl_cnn'),
    base: startingWeights('base', baseWeights(checked.base), 'resnet101'),
  };
  const loaded = [beginning.initial?.model, beginning.base?.model];
  for (const model of loaded) model?.take();
  const wanted = [
    { field: 'initial', path: beginning.initial?.path ?? '', kind: 'mdl_cnn' },
    { field: 'base', path: beginning.base?.path ?? '', kind: 'resnet101' },
  ];
  try {
    return await startingFrom(wanted, () => train(dataset, options, checked, beginning));
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
