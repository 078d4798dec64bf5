import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { InputFileError, unreadableFile } from '../errors.js';
import {
  discoverDataset,
  discoverLesionDataset,
  type EpochRecord,
  renderLearningCurves,
  type TrainingResult,
  type TrainLesionsOptions,
  type TrainOptions,
  type TrainRunOptions,
  type TrainStructuresOptions,
  trainLesionClassifier,
  trainSegmenter,
  trainStructures,
} from '../index.js';
import { baseWeights } from '../models/model.js';
import { trainLesionsOptions } from '../schema/train-lesions.js';
import { trainOptions } from '../schema/train-segmenter.js';
import { trainStructuresOptions } from '../schema/train-structures.js';
import { runLesionTraining } from '../train/lesion-training.js';
import { runStructuresTraining } from '../train/structures-training.js';
import { runSegmenterTraining } from '../train/training.js';
import { isFirstProcess } from '../train/training-processes.js';
import { givenFlags, withFlags } from './flags.js';
import { fileNameOf } from './model.js';
import { outOption, withCommonOptions, withOverwriteOption } from './options.js';
import { OutputFolder } from './output.js';
import { type OutputOptions, runCommand, type Session } from './session.js';

interface TrainCommandOptions extends OutputOptions, Pick<TrainRunOptions, 'device'> {
  readonly model: 'liver' | 'structures' | 'lesions';
  readonly config?: string;
  readonly cache?: string;
}

type Config = Record<string, unknown>;

const kCache = 'cache';

/** Where scans are kept as they are learned from; undefined: as the config says. */
function cacheOf({ out, cache }: TrainCommandOptions, config: Config): string | undefined {
  if (cache !== undefined) return cache;
  return 'cache' in config ? undefined : join(out, kCache);
}

/** Of a process that writes none. */
const kWeightsElsewhere = 'weights.safetensors';

const configSchema = z.record(z.string(), z.unknown());

function notAConfig(path: string, message: string, cause?: unknown): InputFileError {
  return new InputFileError('NOT_A_CONFIG', message, {
    file: path,
    remedy: 'Give a JSON object with the options of trainSegmenter, trainStructures or trainLesionClassifier.',
    cause,
  });
}

async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw unreadableFile(path, cause);
  });
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw notAConfig(path, `Cannot read ${path} as JSON: ${(cause as Error).message}`, cause);
  }
  const { data, success } = configSchema.safeParse(config);
  if (success) return data;
  throw notAConfig(path, `Expected ${path} to hold a JSON object, received ${JSON.stringify(config).slice(0, 40)}`);
}

/** What was given on the command line wins over the file. */
function overrides(options: TrainCommandOptions): Config {
  const { cache: _cache, ...given } = {
    ...givenFlags(trainOptions, options),
    ...givenFlags(trainStructuresOptions, options),
    ...givenFlags(trainLesionsOptions, options),
  };
  return given;
}

function epochLine(record: EpochRecord): string {
  const { epoch, trainingLoss, validationLoss, validationDice, imagesPerSecond, figures } = record;
  const validated =
    validationDice === null ? '' : `  validation ${validationLoss?.toFixed(4)}, Dice ${validationDice.toFixed(4)}`;
  const named = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(4)}`);
  const rest = named.length > 0 ? `  (${named.join(', ')})` : '';
  return `epoch ${epoch}  loss ${trainingLoss.toFixed(4)}${validated}  ${imagesPerSecond.toFixed(1)} images/s${rest}`;
}

/** Trains one of the networks; the options' own checks tell what is wrong in a config. */
async function runTraining(
  dataset: string,
  options: TrainCommandOptions,
  config: Config,
  run: TrainRunOptions,
): Promise<TrainingResult> {
  if (options.model === 'lesions') return trainLesionClassifier(dataset, { ...config, ...run } as TrainLesionsOptions);
  if (options.model === 'structures') return trainStructures(dataset, { ...config, ...run } as TrainStructuresOptions);
  return trainSegmenter(dataset, { ...config, ...run } as TrainOptions);
}

/** All files that a training reads; a folder or JSON file that names them is one, too. */
async function inputsOf(dataset: string, options: TrainCommandOptions, config: Config): Promise<string[]> {
  const { cases } = options.model === 'lesions' ? await discoverLesionDataset(dataset) : await discoverDataset(dataset);
  const files = cases.flatMap((one) => [one.image, one.label, 'liver' in one ? one.liver : undefined]);
  const given = [dataset, ...files, options.config, baseWeights(config.base), config.initial];
  return given.filter((path) => typeof path === 'string');
}

/** As one of several processes, on another machine perhaps, of which the first one writes. */
async function takePart(dataset: string, options: TrainCommandOptions, config: Config, session: Session) {
  const { signal } = session;
  const cache = cacheOf(options, config);
  const run = {
    ...config,
    output: join(options.out, kWeightsElsewhere),
    checkpoints: join(options.out, 'checkpoints'),
    ...(cache !== undefined && { cache }),
    signal,
  };
  const { native } = await (options.model === 'lesions'
    ? runLesionTraining(dataset, run as TrainLesionsOptions)
    : options.model === 'structures'
      ? runStructuresTraining(dataset, run as TrainStructuresOptions)
      : runSegmenterTraining(dataset, run as TrainOptions));
  session.warn(native.warnings);
}

async function train(dataset: string, options: TrainCommandOptions, session: Session): Promise<void> {
  const config = { ...(options.config === undefined ? {} : await readConfig(options.config)), ...overrides(options) };
  if (!isFirstProcess()) return takePart(dataset, options, config, session);
  const structure = options.model === 'liver' ? (config.structure ?? 'liver') : options.model;
  const weights = `${fileNameOf(String(structure))}.safetensors`;
  const { out, overwrite } = options;
  const cache = cacheOf(options, config);
  const output = await OutputFolder.plan(out, {
    writes: [
      weights,
      'checkpoints/',
      ...(cache === join(out, kCache) ? [`${kCache}/`] : []),
      'history.json',
      'learning-curves.svg',
      'learning-curves.png',
    ],
    inputs: await inputsOf(dataset, options, config),
    overwrite,
  });
  const { history, info, warnings } = await output.write(async (folder) => {
    const run = await runTraining(dataset, options, config, {
      output: await folder.place(weights),
      checkpoints: join(out, 'checkpoints'),
      ...(cache !== undefined && { cache }),
      ...(overwrite === undefined ? {} : { overwrite }),
      signal: session.signal,
      onProgress: session.onProgress,
      onEpoch: (record) => session.note(epochLine(record)),
    });
    const { model, weights: _staged, history, warnings, ...patients } = run;
    const { info } = model;
    model.dispose();
    session.warn(warnings);
    const curves = await renderLearningCurves(history.epochs);
    await folder.writeJson('history.json', { ...history, ...patients, warnings });
    await folder.writeFile('learning-curves.svg', curves.svg);
    await folder.writeFile('learning-curves.png', curves.png);
    return { history, info, warnings };
  }, session.signal);
  const path = join(out, weights);
  const { bestEpoch, bestDice } = history;
  session.result({ weights: path, info: { ...info, path }, bestEpoch, bestDice, warnings }, [
    `${path}: epoch ${bestEpoch}, ${bestDice >= 0 ? `validation Dice ${bestDice.toFixed(4)}` : 'nothing was validated'}`,
    output.summary,
  ]);
}

/** The flags of both trainings; every command takes `threads`. */
function withTrainingFlags(command: Command): Command {
  const { threads: _threads, ...shape } = {
    ...trainStructuresOptions.shape,
    ...trainLesionsOptions.shape,
    ...trainOptions.shape,
  };
  // No default is taken: what is not given is the config's.
  return withFlags(command, z.strictObject(shape), Object.keys(shape), { defaults: 'shown' });
}

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('train a segmenter of any structure, the 3-D network, or the lesion network, on labelled scans')
    .argument('<dataset>', 'folder with NAME/image.nii.gz and NAME/label.nii.gz, or a JSON dataset file')
    .addOption(outOption('where to write weights, checkpoints, history.json and learning curves'))
    .addOption(
      new Option(
        '--model <model>',
        "the paper's segmenter, the 3-D network of segmentLiver, or the lesion network (a JSON dataset file)",
      )
        .choices(['liver', 'structures', 'lesions'])
        .default('liver'),
    )
    .option('--config <file>', 'JSON with any options of trainSegmenter, trainStructures or trainLesionClassifier');
  withOverwriteOption(withCommonOptions(withTrainingFlags(command))).action((dataset: string, options) =>
    runCommand(options, (session) => train(dataset, options, session)),
  );
}
