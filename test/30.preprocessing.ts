import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { preprocess, readVolume, writeVolume } from '../src/index.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const test = suite('preprocessing');

/** method.md, "Contrast". */
const quantize = (hu: number, low: number, high: number) =>
  Math.floor(((Math.min(Math.max(hu, low), high) - low) * 255 + Math.floor((high - low) / 2)) / (high - low));

test('clips to the window and quantizes', async () => {
  const volume = makePhantom();
  for (const window of [undefined, [-160, 240]] as const) {
    const result = await preprocess(volume, { equalization: 'none', ...(window && { window }) });
    const [low, high] = window ?? [-100, 400];
    assert.equal(
      result.clipped,
      Uint8Array.from(volume.data, (hu) => quantize(hu, low, high)),
    );
    assert.equal(result.data, result.clipped);
    assert.equal(result.size, volume.size);
  }
});

test('equalizes by default, slice by slice', async () => {
  const volume = makePhantom({ organCentre: [20, 20, 2], organRadius: 3 });
  const { data, clipped } = await preprocess(volume);
  assert.not.equal(data, clipped);
  const pixels = volume.size[0] * volume.size[1];
  for (const slice of [0, 2, 11]) {
    const alone = makePhantom({ size: [volume.size[0], volume.size[1], 1] });
    alone.data.set(volume.data.subarray(slice * pixels, (slice + 1) * pixels));
    assert.equal((await preprocess(alone)).data, data.slice(slice * pixels, (slice + 1) * pixels));
  }
});

test('gives the same bytes whatever the number of threads', async () => {
  const volume = makePhantom({ size: [33, 17, 9] });
  const [one, many] = await Promise.all([preprocess(volume, { threads: 1 }), preprocess(volume, { threads: 5 })]);
  assert.equal(one.data, many.data);
});

test('what the caller does to an array after the call changes nothing', async () => {
  const volume = makePhantom();
  const expected = (await preprocess(volume)).data;
  const changed = preprocess(volume);
  volume.data.fill(0);
  assert.equal((await changed).data, expected);

  const moved = makePhantom();
  const transferred = preprocess(moved);
  structuredClone(moved.data, { transfer: [moved.data.buffer] });
  assert.is(moved.data.length, 0);
  assert.equal((await transferred).data, expected);
});

test('what the caller does to a volume that was read changes later calls alone', async () => {
  const folder = makeFolder();
  const source = makePhantom();
  await writeVolume(join(folder.path, 'v.nii'), source);
  const volume = await readVolume(join(folder.path, 'v.nii'));
  folder.remove();
  const expected = (await preprocess(source)).data;

  const unseen = preprocess(volume);
  volume.data.fill(0); // the first look at `data`, while the call is under way
  assert.equal((await unseen).data, expected);

  volume.data.set(source.data);
  const seen = preprocess(volume);
  volume.data.fill(0);
  assert.equal((await seen).data, expected);

  const afterwards = await preprocess(volume, { equalization: 'none' });
  assert.equal(afterwards.data, new Uint8Array(source.data.length).fill(quantize(0, -100, 400)));
});

test('a volume that is disposed of while a call works on it is still worked on', async () => {
  const volume = makePhantom();
  const result = await preprocess(volume);
  const { data } = result;
  assert.ok(data.some((value) => value > 0));
  result.dispose();
  assert.is(data.length, 0);
  assert.is(result.data.length, 0);
  assert.is(result.clipped.length, 0);
});

test('warnings of the volume and of the call are in the result', async () => {
  const volume = makePhantom();
  assert.equal((await preprocess(volume)).warnings, []);
  const read = { code: 'FEW_SLICES', message: 'few' };
  const from = { ...volume, report: null, warnings: [read], dispose() {} };
  assert.equal((await preprocess(from)).warnings, [read]);
});

test.run();
