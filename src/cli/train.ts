import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InputFileError } from '../errors.js';
import { type EpochRecord, renderLearningCurves, type TrainOptions, trainSegmenter } from '../index.js';
import { finiteNumber, nonNegativeInteger, positiveInteger, withCommonOptions } from './options.js';
import { writeOutputFolder } from './output.js';
import { runCommand, type Session } from './session.js';

interface TrainCommandOptions {
  readonly out: string;
  readonly config?: string;
  readonly structure?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly augment?: boolean;
  readonly earlyStopping?: number;
  readonly timeLimit?: number;
  readonly resume?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

type SharedOptions = Omit<TrainOptions, 'output' | 'checkpoints' | 'signal' | 'onProgress' | 'onEpoch'>;

async function readConfig(path: string): Promise<SharedOptions> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SharedOptions;
  } catch (cause) {
    throw new InputFileError('NOT_A_CONFIG', `Cannot read ${path} as JSON: ${(cause as Error).message}`, {
      file: path,
      remedy: 'Give a JSON object with the options of trainSegmenter.',
      cause,
    });
  }
}

/** What was given on the command line wins over the file. */
function overrides(options: TrainCommandOptions): Record<string, unknown> {
  const given = {
    structure: options.structure,
    epochs: options.epochs,
    batchSize: options.batch,
    learningRate: options.learningRate,
    seed: options.seed,
    augment: options.augment,
    earlyStoppingEpochs: options.earlyStopping,
    timeLimitMinutes: options.timeLimit,
    resume: options.resume,
    threads: options.threads,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function epochLine({ epoch, trainingLoss, validationLoss, validationDice, imagesPerSecond }: EpochRecord): string {
  const validated =
    validationDice === null ? '' : `  validation ${validationLoss?.toFixed(4)}, Dice ${validationDice.toFixed(4)}`;
  return `epoch ${epoch}  loss ${trainingLoss.toFixed(4)}${validated}  ${imagesPerSecond.toFixed(1)} images/s`;
}

async function train(dataset: string, options: TrainCommandOptions, session: Session): Promise<void> {
  const config = options.config === undefined ? {} : await readConfig(options.config);
  const shared = { ...config, ...overrides(options) } as SharedOptions;
  const weights = join(options.out, `${shared.structure ?? 'liver'}.safetensors`);
  const { model, history, trainingPatients, validationPatients } = await trainSegmenter(dataset, {
    ...shared,
    output: weights,
    checkpoints: join(options.out, 'checkpoints'),
    signal: session.signal,
    onProgress: session.onProgress,
    onEpoch: (record) => session.note(epochLine(record)),
  });
  const curves = await renderLearningCurves(history.epochs);
  await writeOutputFolder(options.out, async (folder) => {
    await folder.writeJson('history.json', { ...history, trainingPatients, validationPatients });
    await folder.write('learning-curves.svg', curves.svg);
    await folder.write('learning-curves.png', curves.png);
  });
  const { info } = model;
  model.dispose();
  session.result({ weights, info, bestEpoch: history.bestEpoch, bestDice: history.bestDice }, [
    history.bestDice >= 0
      ? `${weights}: epoch ${history.bestEpoch}, mean validation Dice ${history.bestDice.toFixed(4)}`
      : `${weights}: epoch ${history.bestEpoch}, nothing was validated`,
    `written to ${options.out}: history.json, learning-curves.svg and .png`,
  ]);
}

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description('train a segmenter on labelled scans of any structure')
    .argument('<dataset>', 'folder with NAME/image.nii.gz and NAME/label.nii.gz, or a JSON dataset file')
    .requiredOption('--out <folder>', 'where to write weights, checkpoints, history.json and learning curves')
    .option('--config <file>', 'JSON with any options of trainSegmenter')
    .option('--structure <name>', 'what is segmented (default: liver)')
    .option('--epochs <n>', 'default: 200', positiveInteger('--epochs'))
    .option('--batch <n>', 'slices a mini-batch (default: 32)', positiveInteger('--batch'))
    .option('--learning-rate <rate>', 'default: 0.001', finiteNumber('--learning-rate'))
    .option('--seed <n>', 'of the split and of everything random (default: 0)', nonNegativeInteger('--seed'))
    .option('--augment', 'random scale, rotation, shift and grey values')
    .option(
      '--early-stopping <epochs>',
      'stop after so many without a better Dice',
      positiveInteger('--early-stopping'),
    )
    .option('--time-limit <minutes>', 'of training', finiteNumber('--time-limit'))
    .option('--resume', 'go on from the checkpoints in the output folder');
  withCommonOptions(command).action((dataset: string, options) =>
    runCommand(options, (session) => train(dataset, options, session)),
  );
}
