import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ClassifyOptions,
  classifyLesions,
  InvalidArgumentError,
  type Lesion,
  type LiverMask,
  loadModel,
  type Model,
  ModelError,
  readMask,
  readSeries,
  type Segmentation,
  segmentLiver,
  synthesizeLesions,
  writeMask,
  writeSegmentation,
  writeSeries,
} from '../src/index.js';
import { kLesionTypes } from '../src/lesions/lesion-types.js';
import { geometryOf } from '../src/volume/geometry.js';
import { kLesionArchitecture, lesionMetadata, lesionTensors, writeLesionModel } from './support/lesion-model.js';
import { writeLesionModel3d } from './support/lesion-model-3d.js';
import { safetensors, writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel, kOrganHu, makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ liverModel: Model; model: Model; liver: Segmentation }>('lesions');

const kBalls = [
  { centre: [28, 36, 6], radius: 5, hu: 395 },
  { centre: [48, 36, 5], radius: 4, hu: 345 },
] as const;

interface Ball {
  readonly centre: readonly number[];
  readonly radius: number;
  readonly hu: number;
}

/** The phantom's organ with balls, the later ones over the earlier; `expected`: their numbers. */
function phantomWith(balls: readonly Ball[]) {
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  const expected = new Uint8Array(volume.data.length);
  forEachVoxel(volume.size, (index, x, y, z) => {
    for (const [number, { centre, radius, hu }] of balls.entries()) {
      const [cx = 0, cy = 0, cz = 0] = centre;
      if (Math.hypot(x - cx, y - cy, z - cz) > radius) continue;
      volume.data[index] = hu;
      expected[index] = number + 1;
    }
  });
  return { volume, expected };
}

function dice(found: Uint8Array, expected: Uint8Array): number {
  const count = (of: (index: number) => boolean) => expected.reduce((sum, _, index) => sum + Number(of(index)), 0);
  const inFound = (index: number) => (found[index] ?? 0) > 0;
  const inExpected = (index: number) => (expected[index] ?? 0) > 0;
  return (2 * count((index) => inFound(index) && inExpected(index))) / (count(inFound) + count(inExpected));
}

const phantomWithLesions = () => phantomWith(kBalls);

test.before(async (context) => {
  context.liverModel = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  context.model = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
  context.liver = await segmentLiver(phantomWithLesions().volume, { model: context.liverModel });
});
test.after(() => folder.remove());

test('a model says which of the two networks it is', ({ liverModel, model }) => {
  assert.is(liverModel.info.kind, 'liver_cnn');
  assert.is(model.info.kind, 'mdl_cnn');
  assert.is(model.info.structure, 'liver');
  assert.is(model.info.architecture.base_stages, 1);
});

test('finds what the network finds, largest first, on the grid of the volume', async ({ model, liver }) => {
  const { volume, expected } = phantomWithLesions();
  const found = await classifyLesions(liver, { model });
  assert.equal(found.mask, expected);
  assert.equal(found.size, volume.size);
  assert.equal(
    found.lesions.map(({ id, type, malignant }) => ({ id, type, malignant })),
    [
      { id: 1, type: 'HCC', malignant: true },
      { id: 2, type: 'CYS', malignant: false },
    ],
  );
  assert.is(found.liver, liver);
  assert.is(found.threshold, 0.5);
  assert.is(found.minimumMl, 0.05);
  assert.ok(found.warnings.some(({ code }) => code === 'SEVERAL_TYPES'));
});

test("types have the probability that the model's temperature makes of the map, and none where it is too low", async ({
  model,
  liver,
}) => {
  const plain = await classifyLesions(liver, { model });
  assert.is(plain.indeterminateBelow, 0);
  assert.equal(
    plain.lesions.map(({ indeterminate }) => indeterminate),
    [false, false],
  );
  const cool = join(folder.path, 'cool.safetensors');
  const architecture = { ...kLesionArchitecture, type_temperature: 20, indeterminate_below: 0.6 };
  writeFileSync(
    cool,
    safetensors(lesionTensors(), { ...lesionMetadata(), architecture: JSON.stringify(architecture) }),
  );
  const found = await classifyLesions(liver, { model: await loadModel(cool) });
  assert.is(found.indeterminateBelow, 0.6);
  for (const [index, lesion] of found.lesions.entries()) {
    const before = plain.lesions[index] as Lesion;
    const powers = kLesionTypes.map((type) => before.probabilities[type] ** (1 / 20));
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const [at, type] of kLesionTypes.entries()) {
      assert.ok(Math.abs(lesion.probabilities[type] - (powers[at] as number) / sum) < 1e-9, type);
    }
    assert.is(lesion.type, before.type, 'the likeliest stays the likeliest');
    assert.is(lesion.indeterminate, lesion.probability < 0.6);
  }
  assert.ok(found.lesions.every(({ indeterminate }) => indeterminate));
  assert.not(found.warnings.some(({ code }) => code === 'SEVERAL_TYPES'));
});

test("the 3-D network's share of the location counts before thresholds, and types stay the class channel's", async () => {
  const volume = makePhantom({ size: [96, 80, 12], organRadius: 24 });
  const mask = new Uint8Array(volume.data.length);
  const expected = new Uint8Array(volume.data.length);
  // Darker than anything that the other network would find.
  forEachVoxel(volume.size, (index, x, y, z) => {
    if (volume.data[index] !== kOrganHu) return;
    const inBall = Math.hypot(x - 28, y - 36, 2 * (z - 6)) <= 8;
    volume.data[index] = inBall ? 180 : 60;
    mask[index] = 1;
    expected[index] = Number(inBall);
  });
  const weights = (share: number) => writeLesionModel3d(join(folder.path, `share-${share}.safetensors`), share);
  const find = async (share: number, threshold?: number) =>
    classifyLesions(
      { volume: { ...volume, data: volume.data.slice() }, mask },
      { model: await loadModel(weights(share)), ...(threshold === undefined ? {} : { threshold }) },
    );
  const alone = await find(1);
  assert.is(alone.lesions.length, 1);
  assert.is(alone.lesions[0]?.type, 'CYS');
  assert.ok((alone.lesions[0]?.detectionProbability ?? 0) > 0.8, 'nearly certain');
  assert.ok(dice(alone.mask, expected) > 0.9, `Dice ${dice(alone.mask, expected)}`);
  assert.ok('lesion_network_3d' in alone.timings);

  assert.is((await find(0.25)).lesions.length, 0);
  const unsure = await find(0.25, 0.2);
  assert.is(unsure.lesions.length, 1);
  const certainty = unsure.lesions[0]?.detectionProbability ?? 0;
  assert.ok(certainty > 0.2 && certainty < 0.26, `${certainty} of at most a quarter`);
  assert.is((await find(0)).lesions.length, 0);
});

test('takes a mask from elsewhere in the place of a segmentation', async ({ model, liver }) => {
  const expected = await classifyLesions(liver, { model });
  const { size, spacing, origin, direction } = liver;
  const scan = () => ({ size, spacing, origin, direction, data: phantomWithLesions().volume.data.slice() });
  const corrected = () => liver.mask.map((value) => 200 * value);
  const forms = {
    'an array': { volume: liver.volume, mask: corrected() },
    'a mask on its grid': { volume: scan(), mask: { ...scan(), data: corrected() }, structure: 'liver' },
    'given away': { volume: { ...scan(), transfer: true }, mask: { ...scan(), data: corrected(), transfer: true } },
  };
  for (const [name, form] of Object.entries(forms)) {
    const found = await classifyLesions(form, { model });
    assert.equal(found.mask, expected.mask, name);
    assert.equal(found.lesions, expected.lesions, name);
    assert.equal(found.liver.perimeters, liver.perimeters, name);
    assert.equal(found.volume.data, liver.volume.data, name);
    const { structure, slices, boundingBox, volumeMl } = found.liver;
    assert.equal([structure, found.liver.size, slices, boundingBox], ['liver', size, liver.slices, liver.boundingBox]);
    assert.ok(Math.abs(volumeMl - liver.volumeMl) < 1e-9, name);
    assert.equal(found.liver.mask, corrected(), name);
  }
  const wrong = (input: object) => classifyLesions(input as LiverMask, { model });
  const mask = corrected();
  await rejection(wrong({ volume: scan(), mask, structure: 'spleen' }), InvalidArgumentError, 'WRONG_STRUCTURE');
  await rejection(wrong({ volume: scan(), mask: mask.subarray(1) }), InvalidArgumentError, 'INVALID_ARGUMENT');
  const moved = { ...scan(), origin: [0, 0, 0], data: mask };
  await rejection(wrong({ volume: scan(), mask: moved }), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  await rejection(wrong({ volume: scan() }), InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('takes a mask that was corrected in a viewer and came back as a SEG', async ({ liverModel, model }) => {
  await writeSeries(join(folder.path, 'scan'), phantomWithLesions().volume);
  const volume = await readSeries(join(folder.path, 'scan'));
  const segmented = await segmentLiver(volume, { model: liverModel });
  const corrected = segmented.mask.map((value, index) => (index % 96 < 40 ? value : 0));
  const { data } = await writeSegmentation(null, { ...segmented, mask: corrected });
  const mask = await readMask(data, { volume, segments: ['Liver'] });
  const found = await classifyLesions({ volume, mask }, { model });
  assert.equal(found.liver.mask, corrected);
  const expected = await classifyLesions({ volume, mask: corrected }, { model });
  assert.equal(found.lesions, expected.lesions);
  assert.is(found.lesions.length, 1, 'the other lesion lies where the mask was taken away');
});

test('measures each lesion', async ({ model, liver }) => {
  const { expected } = phantomWithLesions();
  const { lesions } = await classifyLesions(liver, { model, precision: 'fp32' });
  for (const [index, lesion] of lesions.entries()) {
    const { centre, radius, hu } = kBalls[index] as (typeof kBalls)[number];
    const voxels = expected.reduce((sum, value) => sum + (value === index + 1 ? 1 : 0), 0);
    assert.ok(Math.abs(lesion.volumeMl - (voxels * 2) / 1000) < 1e-9, 'voxels of 1 × 1 × 2 mm');
    assert.equal(lesion.boundingBox, {
      min: centre.map((value) => value - radius),
      max: centre.map((value) => value + radius),
    });
    assert.ok(lesion.centre.every((value, axis) => Math.abs(value - (centre[axis] as number)) < 1e-9));
    assert.ok(Math.abs(lesion.centreMm[2] - (10 + 2 * centre[2])) < 1e-9);
    assert.is(lesion.meanHu, hu);
    assert.ok(lesion.sdHu < 1e-6);
    assert.is(lesion.diameterMm, 2 * radius + 1);
    assert.ok(lesion.perpendicularMm > 2 * radius - 1 && lesion.perpendicularMm <= 2 * radius + 1);
    assert.is(lesion.diameterSlice, centre[2]);
    assert.is(lesion.recistMeasurable, 2 * radius + 1 >= 10);
    assert.ok((lesion.surfaceDistanceMm ?? 0) > 0, 'both balls lie within the organ');
    assert.ok(Math.abs(lesion.sphericity - 1) < 0.15, `a ball: ${lesion.sphericity}`);
    assert.ok((lesion.marginSharpness ?? 0) > 0.2, `no noise, a sharp edge: ${lesion.marginSharpness}`);
    assert.is(lesion.octant, null, 'of an organ of 60 ml');
    assert.is(lesion.slices.length, 2 * radius + 1);
    const middle = lesion.slices[radius];
    assert.equal(middle?.box, {
      min: [centre[0] - radius, centre[1] - radius],
      max: [centre[0] + radius, centre[1] + radius],
    });
    const area = lesion.slices.reduce((sum, { areaMm2 }) => sum + areaMm2, 0);
    assert.is(area, voxels);
    const sum = Object.values(lesion.probabilities).reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    assert.is(lesion.probability, Math.max(...Object.values(lesion.probabilities)));
    assert.is(lesion.malignancyProbability, lesion.probabilities.HCC + lesion.probabilities.MET);
    assert.ok(lesion.detectionProbability > 0.9 && lesion.detectionProbability <= 1);
    assert.is(lesion.perimeters.length, lesion.slices.length);
    assert.ok(lesion.perimeters.every(({ pixels }) => pixels.every(Number.isInteger)));
  }
});

test('the threshold and the least volume are options', async ({ model, liver }) => {
  const [, small] = (await classifyLesions(liver, { model })).lesions;
  const found = await classifyLesions(liver, { model, minimumMl: (small?.volumeMl ?? 0) + 0.01 });
  assert.is(found.lesions.length, 1);
  assert.is(Math.max(...found.mask), 1);
  // Everything in the liver is above a threshold that its background reaches.
  const all = await classifyLesions(liver, { model, threshold: 0.01 });
  assert.is(all.lesions.length, 1);
  assert.ok(Math.abs((all.lesions[0]?.volumeMl ?? 0) - liver.volumeMl) < liver.volumeMl * 0.05);
  assert.ok(all.warnings.some(({ code }) => code === 'LARGE_LESION'));
});

test('a lesion reaches as far as the lower threshold, if enough of it is above the upper one', async ({
  model,
  liverModel,
}) => {
  // 322 HU: about 0.58.
  const rim = { centre: [28, 36, 6], radius: 5, hu: 322 };
  const volume = phantomWith([rim, { ...rim, radius: 3, hu: 395 }, { ...rim, centre: [48, 36, 6] }]).volume;
  const liver = await segmentLiver(volume, { model: liverModel });
  const volumes = async (options: ClassifyOptions) =>
    (await classifyLesions(liver, { model, ...options })).lesions.map(({ volumeMl }) => volumeMl);
  const low = await volumes({ threshold: 0.5 });
  const [core = 0, ...others] = await volumes({ threshold: 0.7, extentThreshold: 0.7 });
  assert.equal([low.length, others.length], [2, 0]);
  assert.ok(core < 0.4 * (low[0] ?? 0));
  assert.equal(await volumes({ threshold: 0.7, extentThreshold: 0.5 }), [low[0]]);
  assert.equal(await volumes({ threshold: 0.7 }), [low[0]]);
  assert.equal(await volumes({ threshold: 0.7, minimumMl: core + 0.001 }), []);
  const found = await classifyLesions(liver, { model, threshold: 0.4 });
  assert.equal([found.threshold, found.extentThreshold], [0.4, 0.4]);
});

test('the same liver gives the same bytes, whatever the thread count', async ({ model, liver }) => {
  const one = await classifyLesions(liver, { model, threads: 1 });
  const two = await classifyLesions(liver, { model, threads: 2 });
  assert.equal(one.mask, two.mask);
  assert.equal(one.lesions, two.lesions);
});

test('its mask is written and read back', async ({ model, liver }) => {
  const found = await classifyLesions(liver, { model });
  const path = join(folder.path, 'lesions.nii.gz');
  await writeMask(path, found);
  const read = await readMask(path);
  assert.equal(read.data, found.mask);
});

test('a disposed result has no mask; a disposed liver is refused', async ({ liverModel, model }) => {
  const liver = await segmentLiver(phantomWithLesions().volume, { model: liverModel });
  const found = await classifyLesions(liver, { model });
  found.dispose();
  assert.is(found.mask.length, 0);
  liver.dispose();
  await rejection(classifyLesions(liver, { model }), InvalidArgumentError, 'DISPOSED');
});

test('refuses options and livers that make no sense, in the one form', async ({ model, liver }) => {
  const refusals: [() => Promise<unknown>, RegExp][] = [
    [
      () => classifyLesions(liver, { model, threshold: 1 }),
      /Expected threshold to be a number above 0 and below 1, received 1/,
    ],
    [
      () => classifyLesions(liver, { model, threshold: 0.4, extentThreshold: 0.6 }),
      /Expected extentThreshold to be at most threshold, 0.4, received 0.6/,
    ],
    [() => classifyLesions(liver, { model, minimumMl: -1 }), /Expected minimumMl to be .* received -1/],
    [
      () => classifyLesions(undefined as never, { model }),
      /Expected liver to be a result of segmentLiver, or { volume, mask, structure }, received undefined/,
    ],
    [() => classifyLesions(liver, { modle: model } as never), /Expected options to be an object with no other fields/],
  ];
  for (const [call, message] of refusals) {
    assert.match((await rejection(call(), InvalidArgumentError, 'INVALID_ARGUMENT')).message, message);
  }
});

test('refuses a model of the other kind, here and there', async ({ liverModel, model, liver }) => {
  const lesions = await rejection(classifyLesions(liver, { model: liverModel }), ModelError, 'WRONG_MODEL');
  assert.match(lesions.message, /kind mdl_cnn, received one of: liver_cnn/);
  await rejection(segmentLiver(liver.volume, { model }), ModelError, 'WRONG_MODEL');
});

test('an abort rejects with its reason, and progress never falls', async ({ model, liver }) => {
  const reason = new Error('enough');
  try {
    await classifyLesions(liver, { model, signal: AbortSignal.abort(reason) });
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
  const fractions: number[] = [];
  await classifyLesions(liver, { model, onProgress: ({ fraction }) => fractions.push(fraction) });
  assert.ok(fractions.length > 0);
  assert.ok(fractions.every((fraction, i) => i === 0 || fraction >= (fractions[i - 1] as number)));
});

test('the event loop goes on meanwhile', async ({ model, liver }) => {
  let longest = 0;
  let last = performance.now();
  const ticking = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 2);
  const begin = performance.now();
  await classifyLesions(liver, { model });
  const took = performance.now() - begin;
  clearInterval(ticking);
  assert.ok(longest < Math.max(50, took / 2), `${longest} ms of ${took}`);
});

test('voxels too coarse for lesions are told as the reason', async () => {
  const coarse = { ...makePhantom({ size: [20, 20, 10], organRadius: 3 }), spacing: [8, 8, 10] as const };
  const liver = { ...geometryOf(coarse), data: Uint8Array.from(coarse.data, (hu) => Number(hu === kOrganHu)) };
  const { warnings } = await synthesizeLesions(coarse, liver, { count: [20, 20], seed: 1 });
  const [fewer] = warnings.filter(({ code }) => code === 'FEWER_LESIONS');
  assert.match(fewer?.message ?? '', 'voxels of 8.0 × 8.0 × 10.0 mm are coarse');
});

test.run();
