import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputFileError,
  InvalidArgumentError,
  readMask,
  readSeries,
  readVolume,
  writeMask,
  writeSeries,
  writeVolume,
} from '../src/index.js';
import { makeFolder, runCli } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; remove: () => void }>('limits of reading');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

test('maxVoxels is what a volume may have, for every way to read one', async ({ folder }) => {
  const volume = makePhantom({});
  const voxels = volume.data.length;
  const file = join(folder, 'volume.nii.gz');
  const mask = join(folder, 'mask.nii.gz');
  await writeVolume(file, volume);
  await writeMask(mask, { ...volume, data: new Uint8Array(voxels) });
  await writeSeries(join(folder, 'series'), volume);
  const readers = [
    (maxVoxels: number) => readVolume(file, { maxVoxels }),
    (maxVoxels: number) => readMask(mask, { maxVoxels }),
    (maxVoxels: number) => readSeries(join(folder, 'series'), { maxVoxels }),
  ];
  for (const read of readers) {
    assert.equal((await read(voxels)).size, volume.size);
    const error = await rejection(read(voxels - 1), InputFileError, 'VOLUME_TOO_LARGE');
    assert.match(error.remedy ?? '', /maxVoxels/);
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 33]) {
      await rejection(read(wrong), InvalidArgumentError, 'INVALID_ARGUMENT');
    }
  }
});

test('voxels without a number are air, and the warning counts them', async ({ folder }) => {
  const volume = makePhantom({});
  const data = Float32Array.from(volume.data);
  data[5] = Number.NaN;
  data[77] = Number.POSITIVE_INFINITY;
  await writeVolume(join(folder, 'nan.nii.gz'), { ...volume, data });
  const read = await readVolume(join(folder, 'nan.nii.gz'));
  assert.equal([read.data[5], read.data[77]], [-1024, -1024]);
  const { message } = read.warnings.find(({ code }) => code === 'NAN_VOXELS') ?? { message: '' };
  assert.match(message, / 2 voxels/);
});

test('options of series are wrong use with a NIfTI input; --max-voxels counts for both', async ({ folder }) => {
  const file = join(folder, 'volume.nii.gz');
  await writeVolume(file, makePhantom({}));
  await writeSeries(join(folder, 'series'), makePhantom({}));
  const preprocess = (input: string, more: string[]) =>
    runCli(['preprocess', input, '--out', join(folder, 'out'), ...more]);
  for (const more of [
    ['--series', '1.2'],
    ['--phase', '0'],
    ['--gaps', 'reject'],
    ['--gaps', 'interpolate'],
    ['--raw'],
  ]) {
    const { exitCode, stderr } = await preprocess(file, more);
    assert.is(exitCode, 2, more.join(' '));
    assert.match(stderr, new RegExp(more[0] as string));
  }
  for (const input of [file, join(folder, 'series')]) {
    const { exitCode, stderr } = await preprocess(input, ['--max-voxels', '10']);
    assert.is(exitCode, 3);
    assert.match(stderr, /VOLUME_TOO_LARGE/);
  }
});

test.run();
