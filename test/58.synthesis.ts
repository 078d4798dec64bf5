import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputFileError,
  InvalidArgumentError,
  type LesionType,
  type MaskInput,
  synthesizeLesions,
} from '../src/index.js';
import { rejection } from './support/rejections.js';
import { forEachVoxel, kOrganHu, makePhantom } from './support/volumes.js';

const kSize = [64, 64, 24] as const;
const kRadius = 26;
const kValues: Record<LesionType, number> = { CYS: 1, ANG: 2, HCC: 3, MET: 4 };

/** A ball of 200 HU, 104 mm wide, and its mask. */
function scan() {
  const options = {
    size: kSize,
    spacing: [2, 2, 4] as const,
    organCentre: [32, 32, 12] as const,
    organRadius: kRadius,
  };
  const volume = makePhantom(options);
  const { size, spacing, origin, direction } = volume;
  const data = volume.data as Int16Array;
  const liver: MaskInput = {
    size,
    spacing,
    origin,
    direction,
    data: Uint8Array.from(data, (hu) => +(hu === kOrganHu)),
  };
  return { volume, liver };
}

const test = suite('synthesis');

test('gives a volume, masks and records that agree; the source stays as it was', async () => {
  const { volume, liver } = scan();
  const before = volume.data.slice();
  const made = await synthesizeLesions(volume, liver, { seed: 4, count: [3, 3], mixedProbability: 1 });
  assert.equal(volume.data, before);
  assert.is(made.lesions.length, 3);
  assert.equal([...made.volume.size], [...kSize]);
  assert.instance(made.volume.data, Int16Array);
  const counts = new Array(4).fill(0);
  made.ids.data.forEach((id, index) => {
    counts[id]++;
    if (id > 0) assert.is(liver.data[index], 1);
    const lesion = made.lesions[id - 1];
    assert.is(made.types.data[index], lesion ? kValues[lesion.type] : 0);
  });
  for (const lesion of made.lesions) {
    assert.is(lesion.voxels, counts[lesion.id]);
    assert.ok(Math.abs(lesion.volumeMl - lesion.voxels * 0.016) < 1e-9);
    assert.is(lesion.liverHu, kOrganHu);
    assert.is(lesion.phase, 'portal-venous');
    assert.ok(lesion.signs.length > 0);
  }
  assert.ok((made.timings.synthesis ?? 0) > 0);
  made.dispose();
  assert.is(made.ids.data.length, 0);
});

test('the same seed gives the same bytes, whatever the threads; types as asked', async () => {
  const { volume, liver } = scan();
  const options = { seed: 8, types: ['CYS', 'MET'] as const, count: [2, 4] as const };
  const one = await synthesizeLesions(volume, liver, { ...options, threads: 1 });
  const three = await synthesizeLesions(volume, liver, { ...options, threads: 3 });
  assert.equal(one.volume.data, three.volume.data);
  assert.equal(one.types.data, three.types.data);
  assert.equal(one.lesions, three.lesions);
  for (const { type } of one.lesions) assert.ok(type === 'CYS' || type === 'MET');
  const other = await synthesizeLesions(volume, liver, { ...options, seed: 9 });
  assert.not.equal(one.ids.data, other.ids.data);
});

test('the arterial scan of a pair: the first scan as without it, the liver darker, its own grid, where it was moved to', async () => {
  const { volume, liver } = scan();
  const options = { seed: 8, count: [2, 4] as const };
  const alone = await synthesizeLesions(volume, liver, options);
  assert.is(alone.arterial, undefined);
  const moved = { arterialShiftMm: [6, 0, -8] as const, arterialSliceMm: 2 };
  const pair = await synthesizeLesions(volume, liver, { ...options, ...moved, arterial: true, threads: 1 });
  const again = await synthesizeLesions(volume, liver, { ...options, ...moved, arterial: true, threads: 3 });
  assert.equal(pair.volume.data, alone.volume.data);
  assert.equal(pair.arterial?.volume.data, again.arterial?.volume.data);
  const { arterial } = pair;
  if (!arterial) throw new Error('Expected an arterial scan');
  assert.equal([...arterial.volume.size], [64, 64, 47]);
  assert.equal(arterial.motion.rotation, [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  assert.equal(arterial.motion.offsetMm, [6, 0, -8]);
  assert.ok(arterial.liverHu < kOrganHu - 20);
  assert.is(arterial.aortaHu, null);
  for (const { arterial: shown } of pair.lesions) assert.ok((shown?.signs.length ?? 0) > 0);
  // A ball: 3 voxels to the left, and 4 slices of 2 mm towards the feet.
  const at = (x: number, y: number, z: number) => arterial.volume.data[(z * 64 + y) * 64 + x] ?? 0;
  assert.ok(at(32 + 3 + 25, 32, 24 - 4) > 100);
  assert.ok(at(32 + 3 - 25, 32, 24 - 4) > 100);
  assert.ok(at(32 + 3 - 29, 32, 24 - 4) < 100);
  pair.dispose();
  assert.is(arterial.volume.data.length, 0);
});

test('real lesions and the margin around them keep their HU', async () => {
  const { volume, liver } = scan();
  const data = new Uint8Array(liver.data.length);
  forEachVoxel(kSize, (index, x, y, z) => {
    if (Math.abs(x - 32) < 6 && Math.abs(y - 32) < 6 && Math.abs(z - 12) < 3) data[index] = 2;
  });
  const options = { seed: 2, count: [6, 6] as const, marginMm: 8 };
  const made = await synthesizeLesions(volume, liver, { ...options, realLesions: { ...liver, data } });
  assert.ok(made.lesions.length > 0);
  forEachVoxel(kSize, (index, x, y, z) => {
    // 3 more voxels of 2 mm, 1 more slice of 4 mm: within 8 mm of the block's faces.
    const near = Math.abs(x - 32) < 9 && Math.abs(y - 32) < 6 && Math.abs(z - 12) < 3;
    if (near) assert.is(made.volume.data[index], volume.data[index]);
  });
});

test('bad options, masks and livers are refused with what was expected', async () => {
  const { volume, liver } = scan();
  const bad = (options: object) =>
    rejection(synthesizeLesions(volume, liver, options), InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.match((await bad({ types: ['FNH'] })).message, /Expected types to be some of CYS, ANG, HCC and MET/);
  assert.match((await bad({ count: [3, 2] })).message, /two integers from 0 to 255, the lower one first/);
  assert.is((await bad({ seed: -1 })).field, 'seed');
  assert.is((await bad({ phase: 'late' })).field, 'phase');
  assert.is((await bad({ maxSliceFraction: 0 })).field, 'maxSliceFraction');
  assert.is((await bad({ arterial: true, arterialShiftMm: [1, 2] })).field, 'arterialShiftMm');
  assert.is((await bad({ arterial: true, phase: 'arterial' })).field, 'phase');
  const moved = { ...liver, origin: [1, 0, 0] as const };
  await rejection(synthesizeLesions(volume, moved), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  const elsewhere = synthesizeLesions(volume, liver, { realLesions: moved });
  assert.is((await rejection(elsewhere, InvalidArgumentError, 'GEOMETRY_MISMATCH')).field, 'realLesions');
  const none = { ...liver, data: new Uint8Array(liver.data.length) };
  await rejection(synthesizeLesions(volume, none), InputFileError, 'EMPTY_MASK');
});

test('an abort rejects with its reason', async () => {
  const { volume, liver } = scan();
  const reason = new Error('enough');
  const failure = await synthesizeLesions(volume, liver, { signal: AbortSignal.abort(reason) }).catch((error) => error);
  assert.is(failure, reason);
});

test.run();
