import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  deviceInfo,
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
import { kRoot, makeFolder, runCli, runNode } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { unless } from './support/unless.js';
import { makePhantom } from './support/volumes.js';

const kPhantom = join(kRoot, 'test/data/phantom/dicom');
const kRealScan = join(process.env.HEPATICA_SHARED ?? join(kRoot, '../shared'), 'data/dicom/healthy-chaos3');
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

/** True within a step of a face, or with `all` where all six neighbours are. */
function stepped(mask: Uint8Array, [width, height, depth]: Volume['size'], all: boolean): Uint8Array {
  const steps = [1, -1, width, -width, width * height, -width * height];
  return mask.map((own, i) => {
    const [x, y, z] = [i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))];
    const inside = [x < width - 1, x > 0, y < height - 1, y > 0, z < depth - 1, z > 0];
    const others = steps.map((step, k) => (inside[k] ? (mask[i + step] as number) : 0));
    return all ? Math.min(own, ...others) : Math.max(own, ...others);
  });
}

/** Not reached from a slice's border. */
function filled(mask: Uint8Array, [width, height, depth]: Volume['size']): Uint8Array {
  const outside = new Uint8Array(mask.length);
  for (let z = 0; z < depth; z++) {
    const open = [z * width * height];
    while (open.length > 0) {
      const i = open.pop() as number;
      if (mask[i] === 1 || outside[i] === 1) continue;
      outside[i] = 1;
      const [x, y] = [i % width, Math.floor(i / width) % height];
      if (x > 0) open.push(i - 1);
      if (x < width - 1) open.push(i + 1);
      if (y > 0) open.push(i - width);
      if (y < height - 1) open.push(i + width);
    }
  }
  return outside.map((out) => 1 - out);
}

/** The training's rule (scripts/liver3d/scans.py): from 225 HU on, closed by two steps, filled in each slice. */
function boneWithMarrow(hu: CtVoxels, size: Volume['size']): Uint8Array {
  let mask: Uint8Array = Uint8Array.from(hu, (value) => Number(value >= 225));
  for (const all of [false, false, true, true]) mask = stepped(mask, size, all);
  return filled(mask, size);
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
  const withMarrow = boneWithMarrow(hu, scan.size);
  // What is dense is bone; bone, as the rule that it is learned by has it, is its marrow too.
  let [dense, found] = [0, 0];
  for (let i = 0; i < hu.length; i++) {
    if ((hu[i] as number) <= 240) continue;
    dense++;
    found += Number(mask[i] === 3);
  }
  assert.ok(found / dense > 0.85, `of dense bone ${found / dense}`);
  const bone = diceOf(
    hu.length,
    (i) => mask[i] === 3,
    (i) => withMarrow[i] === 1,
  );
  assert.ok(bone > 0.72, `bone ${bone}`);
  const body = diceOf(
    hu.length,
    (i) => mask[i] !== 0 && mask[i] !== 2,
    (i) => (hu[i] as number) > -400,
  );
  assert.ok(body > 0.95, `body ${body}`);
});

/** Dice of each structure of a scan with that of the scan whose HU are all off by 30. */
async function checkShifted(scan: Volume, least: Readonly<Record<string, number>>): Promise<void> {
  const { mask, structures } = await segmentStructures(scan);
  for (const shift of [-30, 30]) {
    const shifted = { ...scan, data: Int16Array.from(scan.data as CtVoxels, (hu) => hu + shift) };
    const { mask: other } = await segmentStructures(shifted);
    for (const { name, label } of structures) {
      const dice = diceOf(
        mask.length,
        (i) => mask[i] === label,
        (i) => other[i] === label,
      );
      assert.ok(dice > (least[name] as number), `${name}, ${shift} HU: ${dice}`);
    }
  }
}

test('HU that are off by 30 change little', async ({ scan }) => {
  await checkShifted(scan, { liver: 0.9, lungs: 0.9, bone: 0.9, body: 0.95 });
});

unless(existsSync(kRealScan) ? '' : `no ${kRealScan}`, test)('nor do they in a real scan', async () => {
  // Marrow of 200 HU is as dense as the rule's bone when 30 are added.
  await checkShifted(await readSeries(kRealScan), { liver: 0.98, lungs: 0.95, bone: 0.8, body: 0.97 });
});

test('memory stays within the input and 1 GiB for 500 slices of 512 × 512', async () => {
  for (const precision of (await deviceInfo()).cpu.bf16 ? ['bf16', 'fp32'] : ['fp32']) {
    const { stdout, stderr } = await runNode(['--import', 'tsx', 'test/support/many-slices.ts', kPhantom, precision]);
    assert.ok(stdout !== '', stderr);
    const { peak, input, volumeMl } = JSON.parse(stdout) as Record<'peak' | 'input' | 'volumeMl', number>;
    assert.ok(volumeMl > 1000, `${volumeMl} ml`);
    assert.ok(peak <= input + 2 ** 30, `${precision}: ${Math.round(peak / 2 ** 20)} MiB`);
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
