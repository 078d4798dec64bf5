import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  evaluateSegmentation,
  InvalidArgumentError,
  listSeries,
  loadModel,
  preprocess,
  readSeries,
  renderMontage,
  renderOverlay,
  segmentLiver,
  trainLesionClassifier,
  trainSegmenter,
  writeMask,
} from '../src/index.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const test = suite('options');

const volume = makePhantom({ size: [8, 6, 2] });
// biome-ignore lint/suspicious/noExplicitAny: these calls are wrong on purpose
const wrong = (value: unknown) => value as any;

async function refused(promise: Promise<unknown>, message: string, field: string): Promise<void> {
  const error = await rejection(promise, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is(error.message, message);
  assert.is(error.field, field);
}

test('unknown options are refused, with those that exist', async () => {
  const known = 'signal, onProgress, threads, maxVoxels, maxBytes, maxFiles, series, phase, gaps, raw';
  await refused(
    readSeries('.', wrong({ gap: 'interpolate' })),
    `Expected options to be an object with no other fields than ${known}, received { gap: 'interpolate' }`,
    'gap',
  );
});

test('of many options the unknown ones are told; one inside an option is that option', async () => {
  const { postprocessing } = { postprocessing: { components: 'all', typo: 1 } };
  const long = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`extra${index}`, 'x'.repeat(20)]));
  const error = await rejection(
    segmentLiver(volume, wrong({ threads: 1, precision: 'auto', keepFeatures: false, gap: 3 })),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );
  assert.match(error.message, /received { gap: 3 }$/);
  assert.is(error.field, 'gap');
  const inside = await rejection(
    segmentLiver(volume, wrong({ postprocessing })),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );
  assert.is(inside.field, 'postprocessing');
  const many = await rejection(listSeries('.', wrong(long)), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is(many.field, 'extra0');
});

test('options that are no object are refused', async () => {
  await refused(listSeries('.', wrong(5)), 'Expected options to be an object, received 5', 'options');
  await refused(loadModel('x', wrong(null)), 'Expected options to be an object, received null', 'options');
});

const wrongRunOptions: [string, unknown, string][] = [
  ['threads', 1.5, 'Expected threads to be an integer from 1 to 1024, received 1.5'],
  ['threads', 0, 'Expected threads to be an integer from 1 to 1024, received 0'],
  ['threads', Number.NaN, 'Expected threads to be an integer from 1 to 1024, received NaN'],
  ['signal', {}, 'Expected signal to be an AbortSignal, received {}'],
  ['onProgress', 'yes', "Expected onProgress to be a function, received 'yes'"],
  ['device', 'gpu', "Expected device to be 'auto', 'cpu', 'cuda' or 'cuda:N', received 'gpu'"],
  ['window', [400, -100], 'Expected window to be two integers in HU, the lower one first, received [400, -100]'],
  ['window', [0.5, 2], 'Expected window to be two integers in HU, the lower one first, received [0.5, 2]'],
  ['equalization', true, "Expected equalization to be 'global', 'clahe' or 'none', received true"],
];
for (const [field, value, message] of wrongRunOptions) {
  test(`${field} of ${String(value)} is refused`, async () => {
    await refused(preprocess(volume, wrong({ [field]: value })), message, field);
  });
}

test('pictures refuse options that they do not know, and windows the wrong way round', async () => {
  const known = 'signal, onProgress, slices, window, minimumSize';
  await refused(
    renderOverlay(volume, { perimeters: [] }, wrong({ slice: 3 })),
    `Expected options to be an object with no other fields than ${known}, received { slice: 3 }`,
    'slice',
  );
  const window = 'Expected window to be two numbers in HU, the lower one first, received [190, -110]';
  await refused(renderOverlay(volume, { perimeters: [] }, { window: [190, -110] }), window, 'window');
  const columns = 'Expected columns to be an integer from 1 to 16384, received 0';
  await refused(renderMontage([], { columns: 0 }), columns, 'columns');
});

test('trainings refuse to go on from nowhere, and windows the wrong way round', async () => {
  const options = { output: 'never.safetensors', resume: true };
  const checkpoints = 'Expected checkpoints to be the folder that resume goes on from, received undefined';
  await refused(trainSegmenter({ cases: [] }, options), checkpoints, 'checkpoints');
  await refused(trainLesionClassifier({ cases: [] }, options), checkpoints, 'checkpoints');
  const window = 'Expected window to be two integers in HU, the lower one first, received [400, -100]';
  await refused(trainSegmenter({ cases: [] }, { output: 'never', window: [400, -100] }), window, 'window');
});

test('readSeries refuses wrong options of its own', async () => {
  const phase = 'Expected phase to be an integer from 0 to 65535, received 1.5';
  await refused(readSeries('.', { phase: 1.5 }), phase, 'phase');
  for (const wrapped of [2 ** 16, 2 ** 32, 2 ** 32 + 1]) {
    await refused(readSeries('.', { phase: wrapped }), phase.replace('1.5', String(wrapped)), 'phase');
  }
  const gaps = "Expected gaps to be 'reject' or 'interpolate', received 'fill'";
  await refused(readSeries('.', wrong({ gaps: 'fill' })), gaps, 'gaps');
  const series = "Expected series to be a SeriesInstanceUID, received '../x'";
  await refused(readSeries('.', { series: '../x' }), series, 'series');
  const source = 'Expected source to be a path, the bytes of a file, or an (async) iterable of them';
  await refused(readSeries(wrong(undefined)), `${source}, received undefined`, 'source');
  const item =
    'Expected source[1] to be a path, or the bytes of a file (Uint8Array, ArrayBuffer, Blob or a stream of bytes)';
  await refused(readSeries(['a', '']), `${item}, received ''`, 'source[1]');
});

const wrongVolumes: [string, object, string][] = [
  ['spacing', { spacing: [0.7, 0.7] }, 'Expected spacing to be three positive numbers, received [0.7, 0.7]'],
  ['spacing', { spacing: [1, Number.NaN, 1] }, 'Expected spacing to be three positive numbers, received [1, NaN, 1]'],
  ['spacing', { spacing: [1, 0, 1] }, 'Expected spacing to be three positive numbers, received [1, 0, 1]'],
  ['size', { size: [8, 6, 0] }, 'Expected size to be three positive integers, received [8, 6, 0]'],
  ['size', { size: [8, 6, 2.5] }, 'Expected size to be three positive integers, received [8, 6, 2.5]'],
  ['origin', { origin: [0, 0, Infinity] }, 'Expected origin to be three finite numbers, received [0, 0, Infinity]'],
  ['data', { data: new Int16Array(95) }, 'Expected the length of data to be 96 for size 8 × 6 × 2, received 95'],
  ['data', { data: [1, 2, 3] }, 'Expected data to be an Int16Array or Float32Array, received [1, 2, 3]'],
  [
    'direction',
    { direction: [1, 0, 0, 0, 1, 0, 0, 0, 0] },
    'Expected direction to be nine numbers, a row-major 3×3 matrix of unit columns, received [1, 0, 0, 0, 1, 0, 0, 0, 0]',
  ],
];
for (const [field, change, message] of wrongVolumes) {
  test(`a volume is refused: ${message}`, async () => {
    await refused(preprocess(wrong({ ...volume, ...change })), message, field);
    await refused(segmentLiver(wrong({ ...volume, ...change })), message, field);
  });
}

test('what is no volume, mask, model or path is refused', async () => {
  const fields = 'an object with data, size, spacing, origin and direction';
  await refused(preprocess(wrong(undefined)), `Expected volume to be ${fields}, received undefined`, 'volume');
  const mask = { ...volume, data: new Uint8Array(volume.data.length) };
  await refused(evaluateSegmentation(mask, wrong(7)), `Expected reference to be ${fields}, received 7`, 'reference');
  const model = 'Expected model to be a model from loadModel or trainSegmenter';
  await refused(
    segmentLiver(volume, { model: wrong({ info: { structure: 'liver' } }) }),
    `${model}, received { info: [Object] }`,
    'model',
  );
  await refused(segmentLiver(volume, { model: wrong('liver') }), `${model}, or 'paper', received 'liver'`, 'model');
  await refused(writeMask(wrong(3), mask), 'Expected path to be a path, received 3', 'path');
});

test.run();
