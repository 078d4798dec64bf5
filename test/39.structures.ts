import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InvalidArgumentError,
  loadModel,
  ModelError,
  readMask,
  readSeries,
  segmentLiver,
  segmentStructures,
  type Volume,
  writeMask,
} from '../src/index.js';
import type { CtVoxels } from '../src/native/binding.js';
import { writeThresholdModel } from './support/models.js';
import { kRoot, makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const kPhantom = join(kRoot, 'test/data/phantom/dicom');
const folder = makeFolder();
const test = suite<{ scan: Volume }>('structures');
test.before(async (context) => {
  context.scan = await readSeries(kPhantom);
});
test.after(() => folder.remove());

/** How far two sets of voxels agree. */
function diceOf(count: number, inA: (index: number) => boolean, inB: (index: number) => boolean): number {
  let [both, sum] = [0, 0];
  for (let i = 0; i < count; i++) {
    const [a, b] = [inA(i), inB(i)];
    both += Number(a && b);
    sum += Number(a) + Number(b);
  }
  return (2 * both) / sum;
}

test("the liver is segmentLiver's, bone and the body are where their HU are", async ({ scan }) => {
  const { mask, structures, size, spacing, precision } = await segmentStructures(scan);
  const liver = await segmentLiver(scan);
  assert.equal(
    structures.map(({ name, label }) => [name, label]),
    [
      ['liver', 1],
      ['lungs', 2],
      ['bone', 3],
      ['body', 4],
    ],
  );
  assert.equal(
    mask.map((label) => Number(label === 1)),
    liver.mask,
  );
  assert.is(precision, liver.precision);
  assert.equal(size, scan.size);
  for (const { name, label, volumeMl } of structures) {
    const voxels = mask.reduce((sum, value) => sum + Number(value === label), 0);
    const ml = (voxels * spacing[0] * spacing[1] * spacing[2]) / 1000;
    assert.ok(Math.abs(volumeMl - ml) < 1e-6 * Math.max(1, ml), name);
  }
  const hu: CtVoxels = scan.data;
  const bone = diceOf(
    hu.length,
    (i) => mask[i] === 3,
    (i) => (hu[i] as number) > 240,
  );
  assert.ok(bone > 0.8, `bone ${bone}`);
  const body = diceOf(
    hu.length,
    (i) => mask[i] !== 0 && mask[i] !== 2,
    (i) => (hu[i] as number) > -400,
  );
  assert.ok(body > 0.95, `body ${body}`);
});

test('HU that are off by 30 change little', async ({ scan }) => {
  const { mask } = await segmentStructures(scan);
  for (const shift of [-30, 30]) {
    const shifted = { ...scan, data: Int16Array.from(scan.data, (hu) => hu + shift) };
    const { mask: other } = await segmentStructures(shifted);
    for (const [label, least] of [
      [1, 0.9],
      [3, 0.9],
      [4, 0.95],
    ] as const) {
      const dice = diceOf(
        mask.length,
        (i) => mask[i] === label,
        (i) => other[i] === label,
      );
      assert.ok(dice > least, `label ${label}, ${shift} HU: ${dice}`);
    }
  }
});

test('a network of one structure is refused', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'threshold.safetensors')));
  await rejection(segmentStructures(makePhantom(), { model }), ModelError, 'WRONG_MODEL');
  await rejection(
    segmentStructures(makePhantom(), { model: 'paper' as unknown as typeof model }),
    InvalidArgumentError,
    'INVALID_ARGUMENT',
  );
});

test('the command writes labels that are read back', async ({ scan }) => {
  const out = join(folder.path, 'out');
  const { exitCode, stdout } = await runCli(['structures', kPhantom, '--out', out, '--accept-implausible', '--json']);
  assert.is(exitCode, 0);
  const found = await segmentStructures(scan);
  const { data } = await readMask(join(out, 'structures.nii.gz'));
  assert.equal(data, found.mask);
  assert.equal(JSON.parse(stdout).structures, found.structures);
  await writeMask(join(folder.path, 'labels.nii.gz'), found);
  assert.equal((await readMask(join(folder.path, 'labels.nii.gz'))).data, found.mask);
});

test.run();
