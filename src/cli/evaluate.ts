import type { Command } from 'commander';
import { InvalidArgumentError } from '../errors.js';
import { eachOf, openStructureLabel, type StructureLabel } from '../evaluation/case-label.js';
import { evaluateSegmentation, type SegmentationMetrics } from '../index.js';
import { evaluateLesionsOptions } from '../schema/evaluate.js';
import { readOptions } from '../schema/files.js';
import { runOptions } from '../schema/run.js';
import { segmentOptions } from '../schema/segment.js';
import type { Model, TrainingCase } from '../types.js';
import { type EvaluateLesionsCommandOptions, evaluateLesionFiles, kEvaluationPage } from './evaluate-lesions.js';
import { givenFlags, refuseBeside, refuseWithout, withFlags } from './flags.js';
import { readInput, readMaskInput } from './input.js';
import { kPaper, kPaperLesions, segmenterFile, segmentWith, withModel } from './model.js';
import {
  outOption,
  withAcceptImplausibleOption,
  withCommonOptions,
  withDeviceOption,
  withMaxVoxelsOption,
  withOverwriteOption,
  withPrecisionOption,
} from './options.js';
import { OutputFolder } from './output.js';
import { selectedCases } from './patients.js';
import { setExitCode, warnOfResult } from './plausibility.js';
import { type CommonOptions, runCommand, type Session } from './session.js';

interface EvaluateCommandOptions extends EvaluateLesionsCommandOptions, CommonOptions {
  readonly lesions?: boolean;
}

interface CaseMetrics extends SegmentationMetrics {
  readonly patient: string;
}

type Figures = Pick<SegmentationMetrics, 'dice' | 'voe' | 'rvd' | 'hd95Mm' | 'surfaceDice'>;

function line(name: string, { dice, voe, rvd, hd95Mm, surfaceDice }: Figures): string {
  const written = (value: number | null, unit: string) =>
    value === null ? 'undefined' : `${value.toFixed(2)} ${unit}`;
  return [
    `${name.padEnd(16)} Dice ${dice.toFixed(4)}`,
    `VOE ${written(voe, '%')}`,
    `RVD ${written(rvd, '%')}`,
    `HD95 ${written(hd95Mm, 'mm')}`,
    `surface Dice ${surfaceDice.toFixed(4)}`,
  ].join('  ');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Means over patients; of RVD also the mean magnitude, since over- and underestimates cancel in its mean. */
function summarize(cases: readonly CaseMetrics[]) {
  const defined = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const meanOfDefined = (values: readonly number[]) => (values.length > 0 ? mean(values) : null);
  const rvds = defined(cases.map(({ rvd }) => rvd));
  return {
    patients: cases.length,
    dice: mean(cases.map(({ dice }) => dice)),
    worstDice: Math.min(...cases.map(({ dice }) => dice)),
    voe: mean(cases.map(({ voe }) => voe)),
    rvd: meanOfDefined(rvds),
    absoluteRvd: meanOfDefined(rvds.map(Math.abs)),
    hd95Mm: meanOfDefined(defined(cases.map(({ hd95Mm }) => hd95Mm))),
    surfaceDice: mean(cases.map(({ surfaceDice }) => surfaceDice)),
  };
}

async function evaluatePair(options: EvaluateCommandOptions, session: Session): Promise<void> {
  if (!options.prediction || !options.reference) {
    throw new InvalidArgumentError('INVALID_ARGUMENT', 'Expected --prediction and --reference, or --dataset', {
      remedy: 'Name two masks on the same grid, or a dataset whose scans are to be segmented and compared.',
    });
  }
  const [prediction, reference] = await Promise.all([
    readMaskInput(options.prediction, options, session),
    readMaskInput(options.reference, options, session),
  ]);
  const { signal } = session;
  const metrics = await evaluateSegmentation(prediction, reference, { convention: options.convention, signal });
  session.result(metrics, [line('', metrics).trimStart()]);
}

async function evaluateCase(
  { patient, image, label }: TrainingCase,
  labelled: StructureLabel,
  model: Model | undefined,
  options: EvaluateCommandOptions,
  session: Session,
): Promise<CaseMetrics> {
  const { signal, onProgress } = session;
  const volume = await readInput(image, givenFlags(readOptions, options), session, patient);
  try {
    // Before the network computes on a scan whose label does not fit it.
    const reference = await labelled.read(volume);
    session.warn(reference.warnings, label);
    const segmentation = await segmentWith(model, volume, {
      signal,
      onProgress,
      ...givenFlags(segmentOptions.omit({ model: true }), options),
      keepFeatures: false,
    });
    warnOfResult(segmentation, session, patient);
    setExitCode(segmentation, options);
    try {
      const metrics = await evaluateSegmentation(segmentation, reference, { convention: options.convention, signal });
      return { patient, ...metrics };
    } finally {
      segmentation.dispose();
      reference.dispose();
    }
  } finally {
    volume.dispose();
  }
}

async function evaluateDataset(folder: string, options: EvaluateCommandOptions, session: Session): Promise<void> {
  const selected = await selectedCases(folder, options.patients);
  const { out, model: given, overwrite } = options;
  const weights = given === undefined ? undefined : segmenterFile(given);
  const inputs = [folder, weights, ...selected.flatMap(({ image, label }) => [image, label])];
  const output =
    out === undefined
      ? undefined
      : await OutputFolder.plan(out, { writes: ['evaluation.json'], removes: [kEvaluationPage], inputs, overwrite });
  const { signal } = session;
  const labels = await eachOf(selected, (one) => openStructureLabel(one, { signal, maxVoxels: options.maxVoxels }));
  const cases: CaseMetrics[] = [];
  await withModel(weights, session.signal, async (model) => {
    for (const [index, one] of selected.entries()) {
      const metrics = await evaluateCase(one, labels[index] as StructureLabel, model, options, session);
      cases.push(metrics);
      session.note(line(metrics.patient, metrics));
    }
  });
  const summary = summarize(cases);
  await output?.write((target) => target.writeJson('evaluation.json', { summary, cases }), session.signal);
  session.result({ summary, cases }, [line(`mean of ${cases.length}`, summary), ...(output ? [output.summary] : [])]);
}

/** Of two masks, of a dataset, and of lesions in either: what the others take says nothing here. */
function refuseIdle(command: Command): void {
  refuseBeside(command, ['--prediction', '--reference', '--prediction-json'], ['--dataset']);
  refuseBeside(command, ['--model', '--liver-model', '--device', '--precision'], ['--predictions']);
  refuseWithout(command, ['--predictions', '--patients', '--model', '--liver-model', '--device'], ['--dataset']);
  refuseWithout(command, ['--precision', '--accept-implausible'], ['--dataset']);
  refuseWithout(command, ['--predictions', '--prediction-json', '--lesion-values', '--liver-model'], ['--lesions']);
  refuseWithout(command, ['--resamples', '--seed'], ['--lesions']);
  refuseWithout(command, ['--out'], ['--dataset', '--lesions']);
  refuseWithout(command, ['--overwrite'], ['--out']);
}

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description(
      'compare masks: Dice, volumetric overlap error (VOE), relative volume difference (RVD), distance of the surfaces; or lesions',
    )
    .option('--prediction <file>', 'a mask (NIfTI)')
    .option('--reference <file>', 'the mask that is right (NIfTI), on the same grid')
    .option('--dataset <folder>', 'instead: segment every scan of a dataset and compare (folder or JSON file)')
    .option(
      '--lesions',
      'compare lesions; --prediction holds their numbers, --reference their types (1 to 4, 5: unknown)',
    )
    .option('--prediction-json <file>', 'with --lesions: lesions.json with types and probabilities of --prediction')
    .option(
      '--predictions <folder>',
      'with --lesions and --dataset: classified before, FOLDER/PATIENT/lesions.nii.gz and .json',
    )
    .option('--lesion-values <pairs>', 'with --lesions: what the values of the references mean, as in 2=unknown,3=HCC')
    .option('--patients <names>', 'of the dataset, separated by commas (default: all)')
    .option(
      '--model <file>',
      `weights of your own (safetensors), or ${kPaper}; with --lesions: of a lesion network, or ${kPaperLesions}`,
    )
    .option(
      '--liver-model <file>',
      `with --lesions: weights of a liver network of your own, or ${kPaper}`,
      segmenterFile,
    )
    .addOption(
      outOption(
        'with --dataset or --lesions: where to write evaluation.json (and evaluation.html)',
      ).makeOptionMandatory(false),
    );
  const own = Object.keys(evaluateLesionsOptions.shape).filter((name) => !(name in runOptions.shape));
  withFlags(command, evaluateLesionsOptions, own);
  const answering = withAcceptImplausibleOption(withDeviceOption(withPrecisionOption(command)));
  withOverwriteOption(withMaxVoxelsOption(withCommonOptions(answering)));
  refuseIdle(command);
  command.action((options) =>
    runCommand(options, (session) => {
      if (options.lesions) return evaluateLesionFiles(options, session);
      if (options.dataset === undefined) return evaluatePair(options, session);
      return evaluateDataset(options.dataset, options, session);
    }),
  );
}
