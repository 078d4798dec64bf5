import { inspect } from 'node:util';
import { z } from 'zod';
import { InvalidArgumentError } from './errors.js';
import { kLesionTypes } from './lesion-types.js';
import type { DeviceChoice } from './types.js';

/** An option and what it is expected to be, in the words of the error message. */
export function expecting<Schema extends z.ZodType>(expectation: string, schema: Schema) {
  return schema.optional().meta({ description: expectation });
}

/** Within what the native side keeps in an int: beyond it would wrap. */
export function integer(least: number, most: number) {
  return expecting(`an integer from ${least} to ${most}`, z.int().min(least).max(most));
}

/** A value on one line, as a caller would have typed it. */
function received(value: unknown): string {
  if (Array.isArray(value) && value.length <= 16) return `[${value.map(received).join(', ')}]`;
  const settings = { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 9, maxStringLength: 80 };
  const text = inspect(value, settings).replaceAll('\n', ' ');
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** The one message form: "Expected spacing to be three positive numbers, received [0.7, 0.7]". */
export function invalidArgument(what: string, expectation: string, value: unknown, field = what): InvalidArgumentError {
  const message = `Expected ${what} to be ${expectation}, received ${received(value)}`;
  return new InvalidArgumentError('INVALID_ARGUMENT', message, { field });
}

/** Checks options against a schema made by `z.strictObject`; throws `InvalidArgumentError` for the first that is wrong. */
export function checkOptions<Schema extends z.ZodObject>(schema: Schema, options: unknown): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(', ');
    throw invalidArgument('options', `an object with no other fields than ${known}`, options);
  }
  const field = issue?.path[0];
  if (field === undefined) throw invalidArgument('options', 'an object', options);
  const name = String(field);
  const expectation = (schema.shape[name] as z.ZodType | undefined)?.description ?? 'something else';
  throw invalidArgument(name, expectation, (options as Record<string, unknown>)[name]);
}

const aFunction = z.custom<(...args: never[]) => void>((value) => typeof value === 'function');

export const runFields = {
  signal: expecting('an AbortSignal', z.instanceof(AbortSignal)),
  onProgress: expecting('a function', aFunction),
  threads: integer(1, 1024),
};

export const deviceField = expecting(
  "'auto', 'cpu', 'cuda' or 'cuda:N'",
  z.string().regex(/^(auto|cpu|cuda(:[0-9]|:[1-5][0-9]|:6[0-3])?)$/) as z.ZodType<DeviceChoice>,
);

export const runOptions = z.strictObject(runFields);

export const processOptions = z.strictObject({ concurrency: integer(1, 1024) });

const overwriteField = expecting('true or false', z.boolean());

export const saveModelOptions = z.strictObject({
  ...runFields,
  overwrite: overwriteField,
  precision: expecting("'fp32' or 'bf16'", z.enum(['fp32', 'bf16'])),
});

const maxVoxels = expecting(
  'an integer from 1 to 4294967296',
  z
    .int()
    .min(1)
    .max(2 ** 32),
);

const maxBytes = expecting('an integer from 1 to 9007199254740991', z.int().min(1));

export const readOptions = z.strictObject({ ...runFields, maxVoxels, maxBytes });

export const loadModelOptions = z.strictObject({ ...runFields, maxBytes });

const maxFiles = integer(1, 2 ** 31 - 1);

export const listSeriesOptions = z.strictObject({ ...runFields, maxVoxels, maxBytes, maxFiles });

export const readLabelsOptions = z.strictObject({
  ...runFields,
  volume: z.unknown(),
  segments: expecting(
    'a list of numbers, labels or codes, one at least',
    z.array(z.union([z.int().min(0).max(65535), z.string().min(1).max(256)])).min(1),
  ),
});

export const readSeriesOptions = z.strictObject({
  ...listSeriesOptions.shape,
  series: expecting('a SeriesInstanceUID', z.string().regex(/^[0-9.]{1,64}$/)),
  phase: integer(0, 65535),
  gaps: expecting("'reject' or 'interpolate'", z.enum(['reject', 'interpolate'])),
  raw: expecting('true or false', z.boolean()),
});

/** A backslash separates values; control characters are not allowed in these elements (PS3.5 table 6.2-1). */
function textUpTo(length: number) {
  const schema = z
    .string()
    .max(length)
    .regex(/^[^\\\p{Cc}]*$/u);
  return expecting(`a string of at most ${length} characters, without backslash and control characters`, schema);
}

const uidField = expecting(
  'a DICOM UID: numbers separated by full stops, at most 64 characters',
  z
    .string()
    .max(64)
    .regex(/^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/),
);

export const seriesAttributes = z.strictObject({
  patientId: textUpTo(64),
  patientName: textUpTo(64),
  studyDescription: textUpTo(64),
  seriesDescription: textUpTo(64),
  contrastAgent: textUpTo(64),
  studyInstanceUid: uidField,
  seriesInstanceUid: uidField,
  frameOfReferenceUid: uidField,
  studyDate: expecting('a date as YYYYMMDD', z.string().regex(/^\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$/)),
  studyTime: expecting('a time as HHMMSS', z.string().regex(/^([01]\d|2[0-3])[0-5]\d[0-5]\d$/)),
  derivation: textUpTo(1024),
});

export const writeNiftiOptions = z.strictObject({
  ...runFields,
  overwrite: overwriteField,
  grid: expecting("'orthonormal' or 'source'", z.enum(['orthonormal', 'source'])),
});

export const packNiftiOptions = writeNiftiOptions
  .omit({ overwrite: true })
  .extend({ gzip: expecting('true or false', z.boolean()) });

export const writeMeshOptions = z.strictObject({
  signal: runFields.signal,
  overwrite: overwriteField,
  value: integer(1, 255),
});

export const writeDicomOptions = z.strictObject({
  ...runFields,
  overwrite: overwriteField,
  deidentify: expecting('true or false', z.boolean()),
  date: expecting('a Date', z.date()),
});

export const writeSeriesOptions = z.strictObject({
  ...runFields,
  uids: expecting("'derived' or 'random'", z.enum(['derived', 'random'])),
});

/** Wider than any CT's range a window makes no sense. */
export const windowField = expecting(
  'two integers in HU, the lower one first',
  z.tuple([z.int().min(-32768), z.int().max(32767)]).refine(([low, high]) => low < high),
);

export const equalizationField = expecting("'global', 'clahe' or 'none'", z.enum(['global', 'clahe', 'none']));

export const precisionField = expecting("'auto', 'fp32' or 'bf16'", z.enum(['auto', 'fp32', 'bf16']));

/** Of what is computed once: trainings take no tf32. */
const inferencePrecisionField = expecting("'auto', 'fp32', 'tf32' or 'bf16'", z.enum(['auto', 'fp32', 'tf32', 'bf16']));

export const preprocessOptions = z.strictObject({
  ...runFields,
  device: deviceField,
  window: windowField,
  equalization: equalizationField,
});

const anObject = z.custom<object>((value) => typeof value === 'object' && value !== null);

export const postprocessingField = expecting(
  "{ components: 'all', 'largest' or { minimumShare: 0.001 to 1 }, fillHoles: true or false }",
  z.strictObject({
    components: z.union([z.enum(['all', 'largest']), z.strictObject({ minimumShare: z.number().min(0.001).max(1) })]),
    fillHoles: z.boolean(),
  }),
);

export const segmentOptions = z.strictObject({
  ...runFields,
  device: deviceField,
  model: expecting("a model from loadModel or trainSegmenter, or 'paper'", z.union([anObject, z.literal('paper')])),
  precision: inferencePrecisionField,
  postprocessing: postprocessingField,
});

const pixelCount = integer(1, 16_384);

const slicesField = expecting(
  "'structure', 'all' or a list of z indices",
  z.union([z.enum(['structure', 'all']), z.array(z.number())]),
);

const shownWindowField = expecting(
  'two numbers in HU, the lower one first',
  z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high),
);

export const preloadOptions = z.strictObject({
  ...runFields,
  device: deviceField,
  precision: inferencePrecisionField,
  models: expecting('a list of models from loadModel', z.array(anObject).min(1)),
});

export const renderOptions = z.strictObject({
  signal: runFields.signal,
  onProgress: runFields.onProgress,
  slices: slicesField,
  window: shownWindowField,
  minimumSize: pixelCount,
});

export const overviewOptions = z.strictObject({
  signal: runFields.signal,
  slices: slicesField,
  tiles: integer(1, 1000),
  columns: integer(1, 100),
  tileWidth: integer(32, 4096),
  window: shownWindowField,
});

export const renderPreprocessingOptions = z.strictObject({ minimumSize: pixelCount });

export const reportPageOptions = z.strictObject({
  title: expecting('a text', z.string()),
  signal: runFields.signal,
});

export const montageOptions = z.strictObject({
  columns: pixelCount,
  tileWidth: pixelCount,
  captions: expecting('a list of texts', z.array(z.string())),
});

export const renderFiltersOptions = z.strictObject({
  ...runFields,
  slice: integer(0, 65535),
  device: deviceField,
  layers: expecting('a list of layer names', z.array(z.string()).min(1)),
});

export const fetchWeightsOptions = z.strictObject({
  signal: runFields.signal,
  onProgress: runFields.onProgress,
  cache: expecting('a path', z.string().min(1)),
});

const thresholdField = expecting('a number above 0 and below 1', z.number().gt(0).lt(1));

export const classifyOptions = z.strictObject({
  ...runFields,
  device: deviceField,
  model: expecting('a lesion model from loadModel', anObject),
  precision: inferencePrecisionField,
  threshold: thresholdField,
  extentThreshold: thresholdField,
  minimumMl: expecting('a number of millilitres, 0 or more', z.number().min(0).max(1e6)),
});

const conventionField = expecting("'paper', 'standard' or 'lits'", z.enum(['paper', 'standard', 'lits']));

export const evaluateOptions = z.strictObject({ ...runFields, convention: conventionField });

export const evaluateLesionsOptions = z.strictObject({
  ...runFields,
  convention: conventionField,
  resamples: integer(0, 10_000),
  seed: expecting('a non-negative integer', z.int().min(0)),
});

const countRange = z.tuple([z.int().min(0).max(255), z.int().min(0).max(255)]).refine(([least, most]) => least <= most);

export const synthesizeOptions = z.strictObject({
  ...runFields,
  seed: expecting('a non-negative integer', z.int().min(0)),
  types: expecting('some of CYS, ANG, HCC and MET', z.array(z.enum(kLesionTypes)).min(1).max(64)),
  count: expecting('two integers from 0 to 255, the lower one first', countRange),
  mixedProbability: expecting('a number from 0 to 1', z.number().min(0).max(1)),
  phase: expecting("'portal-venous' or 'arterial'", z.enum(['portal-venous', 'arterial'])),
  realLesions: expecting('a mask on the grid of the volume', anObject),
  marginMm: expecting('a number from 0 to 100', z.number().min(0).max(100)),
  maxSliceFraction: expecting('a number above 0 and at most 1', z.number().gt(0).max(1)),
  spareVessels: expecting('true or false', z.boolean()),
});

export function checkPath(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw invalidArgument(field, 'a path', value);
  }
}
