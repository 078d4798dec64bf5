import { InvalidArgumentError } from '../errors.js';
import { eachOf, forPatient } from '../evaluation/case-label.js';
import {
  discoverLesionReferences,
  type LesionReferenceCase,
  openLesionReference,
} from '../evaluation/lesion-reference.js';
import { figureSections, figureText, intervalText } from '../evaluation/rows.js';
import {
  classifyLesions,
  evaluateLesions,
  type LesionCase,
  type LesionClassification,
  type LesionEvaluation,
  type RvdConvention,
  renderLesionEvaluation,
} from '../index.js';
import { evaluateLesionsOptions } from '../schema/evaluate.js';
import { readOptions } from '../schema/files.js';
import { segmentOptions } from '../schema/segment.js';
import { requireReadable } from '../train/training-input.js';
import type { Model, Volume } from '../types.js';
import { givenFlags } from './flags.js';
import { readInput } from './input.js';
import {
  classifiedFiles,
  type Opened,
  openClassified,
  openPrediction,
  openReference,
  parseLesionValues,
} from './lesion-files.js';
import { lesionFile, segmentWith, withLesionModel, withModel } from './model.js';
import { OutputFolder } from './output.js';
import { selectedCases } from './patients.js';
import { type ImplausibleOptions, setExitCode, warnOfResult } from './plausibility.js';
import type { Session } from './session.js';

export interface EvaluateLesionsCommandOptions extends ImplausibleOptions {
  readonly prediction?: string;
  readonly predictionJson?: string;
  readonly reference?: string;
  readonly lesionValues?: string;
  readonly dataset?: string;
  readonly predictions?: string;
  readonly patients?: string;
  readonly convention: RvdConvention;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly model?: string;
  readonly liverModel?: string;
  readonly maxVoxels?: number;
}

/** Of lesions alone: segmentations that are evaluated into its folder have none. */
export const kEvaluationPage = 'evaluation.html';

function figureLines(evaluation: LesionEvaluation): string[] {
  return figureSections(evaluation).flatMap(({ title, rows }) => [
    title,
    ...rows.map(({ name, estimate, unit }) => {
      const interval = intervalText(estimate, unit);
      const line = `  ${name.padEnd(34)}${figureText(estimate.value, unit).padStart(9)}`;
      return interval === '' ? line : `${line}   95 % ${interval}`;
    }),
    '',
  ]);
}

function patientLines({ cases }: LesionEvaluation): string[] {
  const widest = Math.max(...cases.map(({ patient }) => patient.length));
  return cases.map(({ patient, references, predictions, detection, dice, lesionDice }) => {
    const alarms = predictions.filter(({ iou }) => iou === null).length;
    const found = `${detection[0]?.tp} of ${references.length} found (IoU > 0.5: ${detection[1]?.tp}), ${alarms} false`;
    return `${patient.padEnd(widest)}  Dice ${figureText(dice)}, of found ${figureText(lesionDice)}; ${found}`;
  });
}

function needed<T>(value: T | undefined, expectation: string): T {
  if (value !== undefined) return value;
  throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected ${expectation}`, {
    remedy:
      'Name lesions.nii.gz and lesions.json of hepatica classify and a lesion-type mask, or a dataset and the folder ' +
      'of its classified scans.',
  });
}

/** A case to evaluate, and the files that it is read from. */
interface FileCase {
  readonly files: readonly (string | undefined)[];
  open(): Promise<Opened<LesionCase>>;
}

function openPair(
  options: EvaluateLesionsCommandOptions,
  values: ReadonlyMap<number, number> | undefined,
  session: Session,
): FileCase {
  const expectation = '--prediction and --reference, or --dataset';
  const prediction = needed(options.prediction, expectation);
  const reference = needed(options.reference, expectation);
  const open: FileCase['open'] = async () => {
    const [predicted, opened] = await openPrediction(prediction, options.predictionJson, options, session);
    const [present, alsoOpened] = await openReference(reference, values, options, session);
    return [{ patient: prediction, prediction: predicted, reference: present }, [...opened, ...alsoOpened]];
  };
  return { files: [prediction, options.predictionJson, reference], open };
}

/** A scan's lesions, found now. */
async function classifyScan(
  patient: string,
  volume: Volume,
  livers: Model | undefined,
  lesions: Model | 'paper' | undefined,
  options: EvaluateLesionsCommandOptions,
  session: Session,
): Promise<Opened<LesionClassification>> {
  const { signal, onProgress } = session;
  const run = { signal, onProgress, ...givenFlags(segmentOptions.omit({ model: true }), options) };
  const liver = await segmentWith(livers, volume, run);
  warnOfResult(liver, session, patient);
  setExitCode(liver, options);
  const found = await classifyLesions(liver, { ...run, ...(lesions && { model: lesions }) });
  session.warn(found.warnings, patient);
  return [found, [liver, found]];
}

/** `image`: of a case that is classified now. */
type OpenPrediction = (one: LesionReferenceCase, image: Volume) => Promise<Opened<LesionCase['prediction']>>;

async function openDataset(
  folder: string,
  options: EvaluateLesionsCommandOptions,
  values: ReadonlyMap<number, number> | undefined,
  predict: OpenPrediction,
  session: Session,
): Promise<FileCase[]> {
  const cases = await selectedCases(folder, options.patients, discoverLesionReferences);
  const { predictions, maxVoxels } = options;
  const { signal } = session;
  return eachOf(cases, async (one) => {
    const { patient, image } = one;
    const labelled = await openLesionReference(one, { values, signal, maxVoxels });
    const classified = predictions === undefined ? [] : classifiedFiles(predictions, patient);
    const needsImage = labelled.needsImage || predictions === undefined;
    // Before the first case is computed, that of the last one may be missing.
    await forPatient(patient, () => requireReadable([...(needsImage ? [image] : []), ...classified]));
    const open: FileCase['open'] = async () => {
      const volume = needsImage
        ? await readInput(image, givenFlags(readOptions, options), session, patient)
        : undefined;
      // Before the networks compute on a scan whose label does not fit it.
      const reference = await labelled.read(volume);
      session.warn(reference.warnings, patient);
      const [prediction, opened] = await predict(one, volume as Volume);
      return [{ patient, prediction, reference }, [...(volume ? [volume] : []), reference, ...opened]];
    };
    return { files: [folder, image, ...labelled.files, ...classified], open };
  });
}

/** One case after the other: its masks are let go of when the next one is asked for. */
async function* inTurn(cases: readonly FileCase[], session: Session): AsyncGenerator<LesionCase> {
  for (const { open } of cases) {
    session.signal.throwIfAborted();
    const [one, opened] = await open();
    session.note(`${one.patient} …`);
    yield one;
    for (const voxels of opened) voxels.dispose();
  }
}

async function evaluateCases(cases: readonly FileCase[], options: EvaluateLesionsCommandOptions, session: Session) {
  const { out, overwrite } = options;
  const writes = ['evaluation.json', kEvaluationPage];
  const inputs = [...cases.flatMap(({ files }) => files), lesionFile(options.model), options.liverModel];
  const output = out === undefined ? undefined : await OutputFolder.plan(out, { writes, inputs, overwrite });
  const evaluation = await evaluateLesions(inTurn(cases, session), {
    ...givenFlags(evaluateLesionsOptions, options),
    signal: session.signal,
  });
  const document = { format: 'hepatica-lesion-evaluation', version: 1, ...evaluation };
  await output?.write(async (target) => {
    await target.writeJson('evaluation.json', document);
    await target.writeFile(kEvaluationPage, await renderLesionEvaluation(evaluation));
  }, session.signal);
  const written = output ? [output.summary] : [];
  session.result(document, [...figureLines(evaluation), ...patientLines(evaluation), ...written]);
}

/** `hepatica evaluate --lesions`. */
export async function evaluateLesionFiles(options: EvaluateLesionsCommandOptions, session: Session): Promise<void> {
  const values = options.lesionValues === undefined ? undefined : parseLesionValues(options.lesionValues);
  const { dataset, predictions } = options;
  if (dataset === undefined) return evaluateCases([openPair(options, values, session)], options, session);
  if (predictions !== undefined) {
    const found = await openDataset(
      dataset,
      options,
      values,
      ({ patient }) => openClassified(predictions, patient, options, session),
      session,
    );
    return evaluateCases(found, options, session);
  }
  await withModel(options.liverModel, session.signal, (livers) =>
    withLesionModel(options.model, session.signal, async (lesions) => {
      const predict: OpenPrediction = ({ patient }, image) =>
        classifyScan(patient, image, livers, lesions, options, session);
      await evaluateCases(await openDataset(dataset, options, values, predict, session), options, session);
    }),
  );
}
