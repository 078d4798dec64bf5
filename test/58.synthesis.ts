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
