import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputFileError,
  listSeries,
  OutputError,
  readMask,
  readSeries,
  readVolume,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { kRoot, makeFolder, runCode } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { unless } from './support/unless.js';
import { makePhantom, widenedOrgan } from './support/volumes.js';

const shared = process.env.HEPATICA_SHARED ?? join(kRoot, '../shared');
const series = join(shared, 'data/dicom/hcc-a10w');

const test = suite<{ folder: string; remove: () => void }>('files');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

/** Runs only where the real scans are. */
const onRealScans = unless(existsSync(series) ? '' : `no ${series}`, test);

test('a volume written as NIfTI is read back on the same grid', async ({ folder }) => {
  const volume = makePhantom({ spacing: [0.75, 0.5, 2.5], origin: [-101.5, 20.25, -300] });
  for (const name of ['volume.nii', 'volume.nii.gz']) {
    await writeVolume(join(folder, name), volume);
    const read = await readVolume(join(folder, name));
    assert.equal(read.size, volume.size);
    assert.equal(read.spacing, volume.spacing);
    assert.equal(read.origin, volume.origin);
    assert.equal(read.direction, volume.direction);
    assert.instance(read.data, Int16Array);
    assert.equal(read.data, volume.data);
    assert.is(read.report, null);
  }
  assert.equal(readFileSync(join(folder, 'volume.nii')), gunzipSync(readFileSync(join(folder, 'volume.nii.gz'))));
});

test('a mask written as NIfTI is read back', async ({ folder }) => {
  const volume = makePhantom();
  const mask = { ...volume, data: widenedOrgan(volume) };
  const path = join(folder, 'mask.nii.gz');
  await writeMask(path, mask);
  const read = await readMask(path);
  assert.equal(read.data, mask.data);
  assert.equal(read.size, mask.size);
});

test('a written volume of floats stays one', async ({ folder }) => {
  const volume = makePhantom({ size: [5, 4, 3] });
  const data = Float32Array.from(volume.data, (hu) => hu + 0.25);
  await writeVolume(join(folder, 'v.nii'), { ...volume, data });
  assert.equal((await readVolume(join(folder, 'v.nii'))).data, data);
});

test('an output that cannot be written is a typed error and leaves nothing', async ({ folder }) => {
  const volume = makePhantom({ size: [5, 4, 3] });
  const missing = join(folder, 'missing/volume.nii');
  const error = await rejection(writeVolume(missing, volume), OutputError, 'OUTPUT_UNWRITABLE');
  assert.match(error.message, missing);
  assert.ok(error.remedy);
  mkdirSync(join(folder, 'taken.nii'));
  await rejection(writeVolume(join(folder, 'taken.nii'), volume), OutputError, 'OUTPUT_UNWRITABLE');
  assert.equal(readdirSync(folder), ['taken.nii']);
});

test('a volume whose writing is aborted is not packed to the end, and leaves nothing', async ({ folder }) => {
  const volume = makePhantom({ size: [512, 512, 96] });
  let state = 1;
  for (let i = 0; i < volume.data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    volume.data[i] = state >>> 21;
  }
  const path = join(folder, 'volume.nii.gz');
  const controller = new AbortController();
  let settled = false;
  const call = writeVolume(path, volume, { signal: controller.signal })
    .catch((reason) => reason)
    .finally(() => {
      settled = true;
    });
  let packed = 0;
  while (!settled) {
    // Of the name that the file has until it is whole.
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0);
    packed = Math.max(packed, ...sizes);
    if (packed > 0) controller.abort('no more');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.is(await call, 'no more');
  assert.ok(packed < volume.data.length / 2, `${packed} bytes were packed`);
  assert.equal(readdirSync(folder), []);
});

test('a missing folder and an empty one', async ({ folder }) => {
  const missing = await rejection(readSeries(join(folder, 'none')), InputFileError, 'FILE_NOT_FOUND');
  assert.is(missing.file, join(folder, 'none'));
  await rejection(readSeries(folder), InputFileError, 'EMPTY_FOLDER');
  await rejection(listSeries(join(folder, 'none')), InputFileError, 'FILE_NOT_FOUND');
  await rejection(readVolume(join(folder, 'none.nii')), InputFileError, 'FILE_NOT_FOUND');
});

test('text renamed to .dcm is no DICOM: alone, and in a folder', async ({ folder }) => {
  const path = join(folder, 'text.dcm');
  writeFileSync(path, 'This is not a CT slice.\n'.repeat(50));
  const error = await rejection(readSeries(path), InputFileError, 'NOT_DICOM');
  assert.is(error.file, path);
  assert.ok(error.remedy);
  await rejection(readSeries(folder), InputFileError, 'NO_DICOM');
});

test('NIfTI files that are none, truncated, or without slices', async ({ folder }) => {
  const text = join(folder, 'text.nii');
  writeFileSync(text, 'x'.repeat(1000));
  assert.is((await rejection(readVolume(text), InputFileError, 'NOT_NIFTI')).file, text);
  const cut = join(folder, 'cut.nii');
  await writeVolume(cut, makePhantom());
  truncateSync(cut, statSync(cut).size - 1000);
  await rejection(readVolume(cut), InputFileError, 'CORRUPT_FILE');
  const none = join(folder, 'none.nii');
  await writeVolume(none, makePhantom());
  const bytes = readFileSync(none);
  bytes.writeInt16LE(0, 46); // dim[3]: no slices
  writeFileSync(none, bytes);
  await rejection(readVolume(none), InputFileError, 'CORRUPT_FILE');
});

test('a NIfTI spacing that is not a number is refused', async ({ folder }) => {
  const path = join(folder, 'nan.nii');
  await writeVolume(path, makePhantom({ size: [5, 4, 3] }));
  const bytes = readFileSync(path);
  bytes.writeFloatLE(Number.NaN, 80); // pixdim[1]
  writeFileSync(path, bytes);
  const error = await rejection(readVolume(path), InputFileError, 'INVALID_VALUE');
  assert.is(error.file, path);
});

test('dispose empties a volume at once, and its array', async ({ folder }) => {
  await writeVolume(join(folder, 'v.nii'), makePhantom());
  const volume = await readVolume(join(folder, 'v.nii'));
  const { data } = volume;
  assert.ok(data.length > 0);
  volume.dispose();
  assert.is(data.length, 0);
  assert.is(volume.data.length, 0);
  volume.dispose();
});

onRealScans('a real series is read, with its report and monotonic progress', async () => {
  const fractions: number[] = [];
  const volume = await readSeries(series, { onProgress: ({ fraction }) => fractions.push(fraction) });
  assert.equal(volume.size, [512, 512, 60]);
  assert.is(volume.data.length, 512 * 512 * 60);
  assert.is(volume.report?.slices.length, 60);
  assert.equal(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.is(fractions.at(-1), 1);
  volume.dispose();
});

onRealScans('a truncated slice of a series is named', async ({ folder }) => {
  const files = readdirSync(series).sort().slice(0, 8);
  for (const file of files) copyFileSync(join(series, file), join(folder, file));
  const cut = join(folder, files[3] ?? '');
  truncateSync(cut, Math.floor(statSync(cut).size / 2));
  const error = await rejection(readSeries(folder), InputFileError, 'CORRUPT_FILE');
  assert.is(error.file, cut);
});

onRealScans('a perfusion map is refused', async () => {
  const folder = join(shared, 'data/dicom/multiframe');
  const error = await rejection(readSeries(folder), InputFileError, 'DERIVED_IMAGE');
  assert.match(error.file ?? '', folder);
  const [found] = (await listSeries(folder)).series;
  assert.is(found?.problem?.code, 'DERIVED_IMAGE');
});

onRealScans('missing slices are refused, and interpolated where asked for', async () => {
  const folder = join(shared, 'data/dicom/hcc-a10x');
  const error = await rejection(readSeries(folder), InputFileError, 'MISSING_SLICE');
  assert.match(error.message, /-341\.00/);
  assert.match(error.remedy ?? '', 'interpolate');
  const volume = await readSeries(folder, { gaps: 'interpolate' });
  assert.ok((volume.report?.interpolated.length ?? 0) > 0);
  assert.ok(volume.report?.excluded.some(({ code }) => code === 'NOT_DICOM'));
});

test('what is disposed of during the first call is still worked with', async ({ folder }) => {
  const { exitCode, stdout } = await runCode(`
    const { makePhantom } = await import(${JSON.stringify(join(kRoot, 'test/support/volumes.ts'))});
    const path = ${JSON.stringify(join(folder, 'v.nii'))};
    await hepatica.writeVolume(path, makePhantom());
    const outcomes = [];
    for (const call of [
      (volume) => hepatica.segmentLiver(volume),
      (volume) => hepatica.preprocess(volume),
      (volume) => hepatica.writeVolume(path.replace('v.', 'w.'), volume),
    ]) {
      const volume = await hepatica.readVolume(path);
      const pending = call(volume);
      volume.dispose();
      outcomes.push(await pending.then(() => 'done', ({ code }) => code));
    }
    console.log(outcomes.join());`);
  assert.is(exitCode, 0);
  assert.is(stdout, 'done,done,done\n');
});

test.run();
