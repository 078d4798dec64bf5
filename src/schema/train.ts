/** Options of what every training takes. Where the paper is silent, the default is this project's choice. */
import { z } from 'zod';
import type { EpochRecord } from '../train/training-run.js';
import { option } from './option.js';
import { aFunction, deviceFields, kExpectedWindow, runFields, windowSchema } from './run.js';

/** What the native side keeps in an int. */
const kMostCount = 2 ** 31 - 1;

export const counted = (minimum: number) => z.int().min(minimum).max(kMostCount);
export const kPositiveInteger = 'a positive integer';
export const kNonNegativeInteger = 'a non-negative integer';
export const amount = z.number().min(0);
export const kNonNegative = 'a non-negative number';
export const part = z.number().min(0).max(1);
export const kPart = 'a number from 0 to 1';
export const kPositive = 'a positive number';
export const kFlag = 'true or false';
const text = { expected: 'a string' };

export const canvasSchema = z.tuple([z.int().positive(), z.int().positive()]);
export const kExpectedCanvas = 'two positive integers';

/** An amount of an augmentation. */
export const deviation = (text: string, value: number) => option(amount, { expected: kNonNegative, text, value });

/** An option of an augmentation: an amount, whose default C++ has where the whole is true. */
export function augmentation<Shape extends z.ZodRawShape>(amounts: Shape) {
  const names = Object.keys(amounts).join(', ');
  return {
    expected: `true, false or an object with some of ${names}`,
    schema: z.union([z.boolean(), z.strictObject(amounts)]),
  };
}

const runningFields = {
  output: option(z.string().min(1), {
    expected: 'a path',
    text: 'Where to write the trained weights (.safetensors)',
    required: true,
  }),
  architecture: option(z.record(z.string(), z.unknown()), {
    expected: 'an object',
    text:
      "What differs from the network that the training starts from, in the fields of a model's `info.architecture`: from " +
      'the default one, that of the weights that come with the package, or from `initial`',
    type: 'Readonly<Record<string, unknown>>',
  }),
  seed: option(z.int().min(0), {
    expected: kNonNegativeInteger,
    text: 'Whole number from 0: of the split, the first weights, and all that is drawn at random',
    value: 0,
    flag: { value: '<n>', help: 'of the split and of everything random' },
  }),
};

const validationFields = {
  validationFraction: option(part, {
    expected: kPart,
    text: 'Part of the patients that is validated on, 0 to 1',
    value: 0.3,
    native: false,
  }),
  validationPatients: option(z.array(z.string().min(1)).min(1), {
    expected: 'a list of patients',
    text:
      'The patients that are validated on, instead of a seeded part of them; `validationFraction` counts for nothing ' +
      'then',
    flag: {
      name: 'validation',
      value: '<patients>',
      help: 'who is validated on, separated by commas (default: a seeded 30 %)',
    },
    native: false,
  }),
  keep: option(z.enum(['best', 'last']), {
    expected: "'best' or 'last'",
    text: "Which epoch's weights are saved: the best one by the validation score, or the last one",
    value: 'best',
    more:
      '`last`: the validation patients choose nothing, so that what is measured on them holds for new patients ' +
      '(out-of-fold).',
    flag: { value: '<epoch>', help: 'whose weights are saved: last, for out-of-fold figures' },
  }),
};

const optimizationFields = {
  epochs: option(counted(1), {
    expected: kPositiveInteger,
    text: 'Passes over the training slices',
    value: 200,
    flag: { value: '<n>' },
  }),
  batchSize: option(counted(1), {
    expected: kPositiveInteger,
    text: 'Slices a mini-batch',
    value: 32,
    flag: { name: 'batch', value: '<n>' },
  }),
  accumulation: option(counted(1), {
    expected: kPositiveInteger,
    text: 'Parts of a mini-batch that are computed one after the other to save memory; batch norm sees the parts',
    value: 1,
  }),
  learningRate: option(z.number().positive(), {
    expected: kPositive,
    text: "Adam's learning rate",
    value: 1e-3,
    flag: { value: '<rate>' },
  }),
  schedule: option(z.enum(['constant', 'cosine']), {
    expected: "'constant' or 'cosine'",
    text: 'How the learning rate goes on',
    value: 'constant',
  }),
  warmupSteps: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Steps in which the learning rate rises to its full value',
    value: 0,
  }),
  emaDecay: option(z.number().min(0).lt(1), {
    expected: 'a number from 0 to 1, 1 excluded',
    text: 'Decay of the moving average of the weights that is validated and saved; 0: the weights themselves',
    value: 0,
  }),
  earlyStoppingEpochs: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Stop after so many epochs without a better validation score; 0: never',
    value: 0,
    flag: {
      name: 'early-stopping',
      value: '<epochs>',
      help: 'stop after so many without a better Dice (default: never)',
    },
  }),
  precision: option(z.enum(['auto', 'fp32', 'bf16']), {
    expected: "'auto', 'fp32' or 'bf16'",
    text: 'Arithmetic: `auto` takes bf16 where the device has it, else fp32',
    value: 'auto',
  }),
  validationEvery: option(counted(1), { expected: kPositiveInteger, text: 'Epochs between validations', value: 1 }),
  timeLimitMinutes: option(amount, {
    expected: kNonNegative,
    text: 'Minutes of training after which the run ends; 0: by epochs alone',
    value: 0,
    flag: { name: 'time-limit', value: '<minutes>', help: 'of training (default: by epochs alone)' },
  }),
};

const keepingFields = {
  checkpoints: option(z.string(), {
    ...text,
    text: 'Folder for checkpoints after every epoch',
    otherwise: 'none',
    native: false,
  }),
  resume: option(z.boolean(), {
    expected: kFlag,
    text: 'Go on from `checkpoints`, which has to be given, where it holds some',
    value: false,
    flag: { help: 'go on from the checkpoints in the output folder' },
  }),
  cache: option(z.union([z.string().min(1), z.literal(false)]), {
    expected: 'a path, or false',
    text:
      'Folder in which scans are kept as they are learned from, by the hash of their files and of what they were ' +
      'prepared with, and found again by later trainings',
    otherwise: 'beside `output`, `NAME.cache`; `false`: in memory',
    more: 'They are drawn from there, so that a dataset need not fit in memory. They show patients as the dataset does.',
    flag: {
      value: '<folder>',
      help: 'where scans are kept as they are learned from (default: cache in the output folder)',
    },
    native: false,
  }),
  overwrite: option(z.boolean(), {
    expected: kFlag,
    text: 'Replace files at `output` and in `checkpoints` that hepatica did not write, and the checkpoints of an earlier run',
    value: false,
    more: 'Never inputs.',
    native: false,
  }),
  licence: option(z.string(), { ...text, text: "Kept in the weights' metadata" }),
  datasetName: option(z.string(), {
    ...text,
    text: "What was trained on, in words: kept in the weights' metadata",
    native: false,
  }),
  patientNames: option(z.boolean(), {
    expected: kFlag,
    text: "Whether the weights' metadata names patients as the dataset does",
    value: false,
    more: "Otherwise by hashes, whose salt is made from the files' contents and kept nowhere.",
    flag: { help: "name patients in the weights' metadata (default: hashes; names are in history.json)" },
    native: false,
  }),
  processes: option(z.int().min(1).max(256), {
    expected: 'a whole number from 1 to 256',
    text: 'Processes of this machine that train together',
    value: 1,
    more:
      'They share each mini-batch (`batchSize` counts all of them), batch norm and validation patients, learn what one ' +
      'does, and share the cores that `threads` names. A run may go on with another number of them. Where the ' +
      "environment has RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as `torchrun` and Kubernetes' PyTorchJob set " +
      'them, this process is one of those, on any machines with a common file system, and the first one writes.',
    flag: {
      value: '<n>',
      help: 'of this machine that share each mini-batch (default: 1; torchrun starts them on several)',
    },
    native: false,
  }),
  onEpoch: option(aFunction<(record: EpochRecord) => void>(), {
    expected: 'a function',
    text: 'Called after every epoch, once its checkpoint is written',
    type: '(record: EpochRecord) => void',
    native: false,
  }),
};

/** Of networks that learn from pictures of slices. */
export const pictureFields = {
  window: option(windowSchema, {
    expected: kExpectedWindow,
    text: 'HU limits before equalization',
    value: [-100, 400],
    native: false,
  }),
  equalization: option(z.enum(['global', 'clahe', 'none']), {
    expected: "'global', 'clahe' or 'none'",
    text: 'Per-slice histogram equalization',
    value: 'global',
    type: 'HistogramEqualization',
    native: false,
  }),
  slicesPerEpoch: option(counted(0), {
    expected: kNonNegativeInteger,
    text: 'Slices drawn for an epoch; 0: as many as there are, each once',
    value: 0,
  }),
};

export const pictureOptions = z.strictObject(pictureFields);

export const trainRunFields = {
  ...runFields,
  ...deviceFields,
  ...runningFields,
  ...validationFields,
  ...optimizationFields,
  ...keepingFields,
};

export const trainRunOptions = z.strictObject(trainRunFields);
