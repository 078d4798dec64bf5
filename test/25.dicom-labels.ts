// Labels that others drew come in: DICOM SEG and RTSTRUCT on the grid of the series that they refer to.
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InputFileError,
  InvalidArgumentError,
  readMask,
  readSeries,
  readVolume,
  type Volume,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
  writeVolume,
} from '../src/index.js';
import { makeFindings } from './support/dicom-findings.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; remove: () => void }>('DICOM labels');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

async function series(folder: string, geometry: object = {}, name = 'ct'): Promise<Volume> {
  await writeSeries(join(folder, name), { ...makePhantom({ size: [37, 29, 9] }), ...geometry });
  return readSeries(join(folder, name));
}

const kGeometries = {
  axial: {},
  oblique: { direction: [0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1] },
  tilted: { direction: [1, 0, 0, 0, 1, 0.25, 0, 0, Math.sqrt(1 - 0.25 ** 2)] },
};
const kWriters = { SEG: writeSegmentation, RTSTRUCT: writeStructureSet };

for (const [kind, write] of Object.entries(kWriters)) {
  for (const [name, geometry] of Object.entries(kGeometries)) {
    test(`a ${kind} gives its masks back: all segments, or those chosen; ${name}`, async ({ folder }) => {
      const volume = await series(folder, geometry);
      const findings = makeFindings(volume, 2);
      const { file } = await write(join(folder, 'labels.dcm'), findings);
      const all = await readMask(file, { volume });
      const { mask: ids, liver } = findings;
      assert.equal(
        all.data,
        liver.mask.map((value, index) => (ids[index] ? (ids[index] as number) + 1 : value)),
      );
      assert.is(all.labels.length, 3);
      assert.equal([all.size, all.spacing, all.origin], [volume.size, volume.spacing, volume.origin]);
      assert.equal(all.source, volume.report?.source);
      assert.equal(
        all.warnings.map(({ code }) => code),
        kind === 'SEG' ? [] : ['OVERLAPPING_SEGMENTS'],
      );
      const first = await readMask(file, { volume, segments: [1] });
      const parenchyma = liver.mask.map((value, index) => (ids[index] ? 0 : value));
      assert.equal(first.data, kind === 'SEG' ? parenchyma : liver.mask);
      const lesions = await readMask(file, { volume, segments: [2, all.labels[2] as string] });
      assert.equal(
        lesions.data,
        ids.map((id) => Number(id > 0)),
      );
    });
  }
}

test('segments are found by their code', async ({ folder }) => {
  const volume = await series(folder);
  const findings = makeFindings(volume, 2);
  const { file } = await writeSegmentation(join(folder, 'seg.dcm'), findings);
  const cyst = await readMask(file, { volume, segments: ['SCT:367643001'] });
  assert.equal(
    cyst.data,
    findings.mask.map((id) => Number(id === 2)),
  );
  const error = await rejection(readMask(file, { volume, segments: ['spleen'] }), InputFileError, 'SEGMENT_NOT_FOUND');
  assert.match(error.message, 'Liver');
});

test('a mask that came from a SEG is written as one again, voxel for voxel', async ({ folder }) => {
  const volume = await series(folder);
  const { liver } = makeFindings(volume, 0);
  const { file } = await writeSegmentation(join(folder, 'seg.dcm'), liver);
  const corrected = await readMask(file, { volume, segments: [1] });
  const again = await writeSegmentation(join(folder, 'again.dcm'), corrected);
  assert.equal((await readMask(again.file, { volume, segments: [1] })).data, liver.mask);
});

test('labels come from memory, and what is cut there is told', async ({ folder }) => {
  const volume = await series(folder);
  const findings = makeFindings(volume, 1);
  for (const [kind, write] of Object.entries(kWriters)) {
    const { data } = await write(null, findings);
    const mask = await readMask(data, { volume, segments: [1] });
    const rest = findings.liver.mask.map((value, index) => (findings.mask[index] ? 0 : value));
    assert.equal(mask.data, kind === 'SEG' ? rest : findings.liver.mask, kind);
    assert.equal(
      (await readMask(Readable.from([data.subarray(0, 99), data.subarray(99)], { objectMode: false }), { volume }))
        .labels.length,
      2,
    );
    // A few lie between two elements, where a file reads as a whole one.
    for (let length = 0; length < data.length; length += 1 + Math.floor(length / 400)) {
      const cut: unknown = await readMask(data.subarray(0, length), { volume }).catch((error: unknown) => error);
      assert.instance(cut, InputFileError, `${kind} of ${length} bytes was read`);
      const { code, file } = cut as InputFileError;
      assert.match(code, /^(NOT_DICOM|CORRUPT_FILE)$/, `${kind} of ${length} bytes`);
      assert.is(file, 'source');
    }
  }
  await rejection(readMask(Buffer.from('no DICOM at all'), { volume }), InputFileError, 'NOT_DICOM');
  const tooMuch = readMask(new Uint8Array(1000), { volume, maxBytes: 999 });
  await rejection(tooMuch, InputFileError, 'INPUT_TOO_LARGE');
});

test('labels of another series, another grid or another kind, and damaged ones are refused', async ({ folder }) => {
  const volume = await series(folder);
  const other = await series(folder, { origin: [0, 0, 500] }, 'other');
  const nifti = join(folder, 'scan.nii.gz');
  await writeVolume(nifti, makePhantom());
  const findings = makeFindings(volume, 1);
  for (const [kind, write] of Object.entries(kWriters)) {
    const { file } = await write(join(folder, `${kind}.dcm`), findings);
    await rejection(readMask(file, { volume: other }), InputFileError, 'LABEL_OF_OTHER_SERIES');
    const { report, size, spacing, direction, data, warnings } = volume;
    const moved = { report, size, spacing, direction, data, warnings, origin: [-29, -20, 13] };
    const shifted = moved as unknown as Volume;
    await rejection(readMask(file, { volume: shifted }), InputFileError, 'LABEL_GEOMETRY_MISMATCH');
    await rejection(readMask(file, { volume: await readVolume(nifti) }), InvalidArgumentError, 'NO_DICOM_SOURCE');
    const cut = join(folder, `cut-${kind}.dcm`);
    writeFileSync(cut, readFileSync(file));
    truncateSync(cut, readFileSync(file).length - 200);
    await rejection(readMask(cut, { volume }), InputFileError, 'CORRUPT_FILE');
  }
  await rejection(readMask(join(folder, 'ct/CT_0001.dcm'), { volume }), InputFileError, 'UNSUPPORTED_FORMAT');
  await rejection(readMask(join(folder, 'none.dcm'), { volume }), InputFileError, 'FILE_NOT_FOUND');
  await rejection(readMask(nifti, { volume }), InputFileError, 'NOT_DICOM');
});

test.run();
