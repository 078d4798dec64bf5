import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  deviceInfo,
  evaluateSegmentation,
  HepaticaError,
  InputFileError,
  InvalidArgumentError,
  loadModel,
  type Model,
  readMask,
  type Segmentation,
  segmentLiver,
  writeMask,
} from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel, kAirHu, makePhantom, widenedOrgan } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ model: Model }>('segmentation');
test.before(async (context) => {
  context.model = await loadModel(writeThresholdModel(join(folder.path, 'threshold.safetensors')));
});
test.after(() => folder.remove());

test('finds what the network finds, on the grid of the volume', async ({ model }) => {
  const volume = makePhantom();
  const result = await segmentLiver(volume, { model });
  const expected = widenedOrgan(volume);
  assert.equal(result.mask, expected);
  assert.equal(result.size, volume.size);
  assert.equal(result.spacing, volume.spacing);
  assert.equal(result.origin, volume.origin);
  assert.is(result.structure, 'liver');
  const voxels = expected.reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(result.volumeMl - (voxels * 2) / 1000) < 1e-9);
  assert.is(result.device, 'cpu');
  assert.ok(Object.keys(result.timings).length > 0);
});

test('says where it lies', async ({ model }) => {
  const volume = makePhantom();
  const { mask, boundingBox, slices, roi } = await segmentLiver(volume, { model });
  const min = [99, 99, 99];
  const max = [-1, -1, -1];
  const found = new Set<number>();
  forEachVoxel(volume.size, (index, x, y, z) => {
    if (!mask[index]) return;
    found.add(z);
    for (const [axis, value] of [x, y, z].entries()) {
      min[axis] = Math.min(min[axis] ?? 0, value);
      max[axis] = Math.max(max[axis] ?? 0, value);
    }
  });
  assert.equal(boundingBox, { min, max });
  assert.equal(slices, [...found]);
  assert.ok(roi && roi.marginMm > 0);
  for (const axis of [0, 1, 2] as const) {
    assert.ok(roi.boundingBox.min[axis] <= (min[axis] ?? 0) && roi.boundingBox.max[axis] >= (max[axis] ?? 0));
  }
});

test('perimeters are border pixels, in pixels and in mm', async ({ model }) => {
  const volume = makePhantom();
  const { mask, perimeters, slices } = await segmentLiver(volume, { model });
  assert.equal([...new Set(perimeters.map(({ slice }) => slice))], slices);
  const [width, height] = volume.size;
  for (const { slice, hole, pixels, mm } of perimeters) {
    assert.is(hole, false);
    assert.is(pixels.length / 2, mm.length / 3);
    for (let i = 0; i < pixels.length / 2; i++) {
      const [x = 0, y = 0] = pixels.subarray(2 * i, 2 * i + 2);
      const at = (dx: number, dy: number) => mask[(slice * height + y + dy) * width + x + dx];
      assert.ok(at(0, 0) === 1 && [at(-1, 0), at(1, 0), at(0, -1), at(0, 1)].includes(0), `${x}, ${y}, ${slice}`);
      assert.equal([...mm.subarray(3 * i, 3 * i + 3)], [x - 30, y - 20, 2 * slice + 10]);
    }
  }
});

test('two runs give the same bytes, whatever the threads', async ({ model }) => {
  const volume = makePhantom();
  const a = await segmentLiver(volume, { model, threads: 1 });
  const b = await segmentLiver(volume, { model, threads: 2 });
  assert.equal(a.mask, b.mask);
  assert.equal(a.perimeters, b.perimeters);
});

test('a volume without the organ gives an empty result and says so', async ({ model }) => {
  const volume = makePhantom({ organRadius: 0 });
  volume.data.forEach((hu, index) => {
    if (hu !== kAirHu) volume.data[index] = 40;
  });
  const result = await segmentLiver(volume, { model });
  assert.is(result.boundingBox, null);
  assert.is(result.roi, null);
  assert.is(result.volumeMl, 0);
  assert.equal(result.perimeters, []);
  assert.ok(result.warnings.some(({ code }) => code === 'EMPTY_RESULT'));
});

test('its mask is written, read and evaluated', async ({ model }) => {
  const result = await segmentLiver(makePhantom(), { model });
  const path = join(folder.path, 'liver.nii.gz');
  await writeMask(path, result);
  const metrics = await evaluateSegmentation(result, await readMask(path));
  assert.is(metrics.dice, 1);
  assert.is(metrics.rvd, 0);
  assert.is(metrics.convention, 'paper');
});

test('progress never falls and ends at 1', async ({ model }) => {
  const fractions: number[] = [];
  const volume = makePhantom({ size: [96, 96, 40] });
  await segmentLiver(volume, { model, onProgress: ({ fraction }) => fractions.push(fraction) });
  assert.equal(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.is(fractions.at(-1), 1);
});

test('dispose frees the mask; a disposed result is refused', async ({ model }) => {
  const result: Segmentation = await segmentLiver(makePhantom(), { model });
  const { mask } = result;
  result.dispose();
  assert.is(mask.length, 0);
  assert.is(result.mask.length, 0);
  await rejection(evaluateSegmentation(result, result), InvalidArgumentError, 'DISPOSED');
});

test('an error that onProgress throws rejects the call', async ({ model }) => {
  const failure = new Error('the callback failed');
  const call = segmentLiver(makePhantom(), {
    model,
    onProgress: () => {
      throw failure;
    },
  });
  assert.is(await call.catch((error) => error), failure);
});

test('a volume that the network cannot take is refused, with what to check', async ({ model }) => {
  const giant = makePhantom({ spacing: [900, 900, 2] });
  const refused = await rejection(segmentLiver(giant, { model }), InputFileError, 'UNSUPPORTED_GEOMETRY');
  assert.is(refused.field, 'spacing');
});

test('bf16 is refused where the CPU has none', async ({ model }) => {
  if ((await deviceInfo()).cpu.bf16) {
    console.log('skipped: this CPU computes in bf16');
    return;
  }
  const refused = segmentLiver(makePhantom(), { model, precision: 'bf16' });
  await rejection(refused, HepaticaError, 'UNSUPPORTED_PRECISION');
});

test('an aborted signal rejects at once, with its reason', async ({ model }) => {
  const reason = new Error('changed my mind');
  const call = segmentLiver(makePhantom(), { model, signal: AbortSignal.abort(reason) });
  assert.is(await call.catch((error) => error), reason);
});

test('an abort in flight stops the work and rejects with the reason', async () => {
  const slow = await loadModel(writeThresholdModel(join(folder.path, 'slow.safetensors'), 5));
  const volume = makePhantom({ size: [128, 128, 120], organRadius: 20 });
  const controller = new AbortController();
  const reason = { why: 'enough' };
  let last = 0;
  const onProgress = ({ fraction }: { fraction: number }) => {
    last = fraction;
    if (fraction > 0.15) controller.abort(reason);
  };
  const call = segmentLiver(volume, { model: slow, signal: controller.signal, onProgress });
  assert.is(await call.catch((error) => error), reason);
  assert.ok(last > 0.15 && last < 0.8, `the work went on to ${last}`);
  // The next call gets its turn: the aborted one computes no longer.
  assert.ok((await segmentLiver(makePhantom(), { model: slow })).volumeMl > 0);
  slow.dispose();
});

test.run();
