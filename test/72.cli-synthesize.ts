import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type MaskInput, readMask, readSeries, readVolume, writeMask, writeVolume } from '../src/index.js';
import { readPolygons } from '../src/train/labels.js';
import { makeFolder, runCli } from './support/programs.js';
import { kOrganHu, makePhantom } from './support/volumes.js';

const hepatica = (...args: string[]) => runCli(args);

/** Writes a ball of 200 HU, 96 mm wide, and its mask; returns their paths. */
async function writeScan(folder: string) {
  const options = { size: [64, 64, 16] as const, spacing: [2, 2, 5] as const, organRadius: 24 };
  const volume = makePhantom({ ...options, organCentre: [32, 32, 8] });
  const { size, spacing, origin, direction } = volume;
  const data = Uint8Array.from(volume.data as Int16Array, (hu) => +(hu === kOrganHu));
  const liver: MaskInput = { size, spacing, origin, direction, data };
  const paths = { scan: join(folder, 'scan.nii.gz'), liver: join(folder, 'mask.nii.gz') };
  await writeVolume(paths.scan, volume);
  await writeMask(paths.liver, liver);
  return paths;
}

const test = suite<{ folder: ReturnType<typeof makeFolder> }>('cli synthesize');
test.before.each((context) => {
  context.folder = makeFolder();
});
test.after.each(({ folder }) => folder.remove());

test('writes the scan, its masks and records; with --dicom a series and perimeters that training reads', async (context) => {
  const { scan, liver } = await writeScan(context.folder.path);
  const out = join(context.folder.path, 'out');
  const options = ['--types', 'CYS,MET', '--seed', '3', '--count', '2-3', '--dicom', '--json'];
  const { exitCode, stdout, stderr } = await hepatica('synthesize', scan, '--liver', liver, '--out', out, ...options);
  assert.is(exitCode, 0, stderr);
  const names = ['dicom', 'image.nii.gz', 'lesion-ids.nii.gz', 'lesions.json', 'lesions.nii.gz', 'liver.nii.gz'];
  assert.equal((await readdir(out)).sort(), ['.hepatica-manifest.json', ...names, 'perimeters.json']);
  const report = JSON.parse(await readFile(join(out, 'lesions.json'), 'utf8'));
  assert.equal(report, JSON.parse(stdout));
  assert.ok(report.lesions.length >= 2 && report.lesions.length <= 3);

  const types = await readMask(join(out, 'lesions.nii.gz'));
  const ids = await readMask(join(out, 'lesion-ids.nii.gz'));
  for (const { id, type, voxels } of report.lesions) {
    assert.is(ids.data.filter((value) => value === id).length, voxels);
    const index = ids.data.indexOf(id);
    assert.is(types.data[index], type === 'CYS' ? 1 : 4);
  }
  const image = await readVolume(join(out, 'image.nii.gz'));
  const series = await readSeries(join(out, 'dicom'));
  assert.equal(series.data, image.data);

  const document = JSON.parse(await readFile(join(out, 'perimeters.json'), 'utf8'));
  const polygons = document.slices.flatMap((slice: { polygons: object[] }) => slice.polygons);
  assert.is((await readPolygons(join(out, 'perimeters.json'))).length, polygons.length);
  for (const { id, type } of polygons) assert.is(type, report.lesions[id - 1].type);
  assert.is(new Set(polygons.map(({ id }: { id: number }) => id)).size, report.lesions.length);
  for (const { slice, sopInstanceUid } of document.slices) {
    assert.is(sopInstanceUid, series.report?.slices[slice]?.sopInstanceUid);
  }
});

test('--arterial writes the second scan of the pair, moved as asked, as NIfTI and as a series of the same study', async (context) => {
  const { scan, liver } = await writeScan(context.folder.path);
  const out = join(context.folder.path, 'out');
  const pair = ['--arterial', '--arterial-shift', '2,0,-4', '--arterial-turn', '0,0,3', '--arterial-slice', '2.5'];
  const options = ['--liver', liver, '--out', out, '--seed', '3', '--json'];
  const { exitCode, stdout, stderr } = await hepatica('synthesize', scan, ...options, '--dicom', ...pair);
  assert.is(exitCode, 0, stderr);
  const { arterial, lesions } = JSON.parse(stdout);
  assert.ok(arterial.liverHu < kOrganHu - 20);
  assert.ok(lesions[0].arterial.signs.length > 0);
  const image = await readVolume(join(out, 'arterial.nii.gz'));
  assert.equal([...image.size], [64, 64, 31]);
  const [portal, series] = [await readSeries(join(out, 'dicom')), await readSeries(join(out, 'arterial-dicom'))];
  assert.equal(series.data, image.data);
  assert.is(series.report?.studyInstanceUid, portal.report?.studyInstanceUid);
  assert.is(series.report?.frameOfReferenceUid, portal.report?.frameOfReferenceUid);
  assert.is.not(series.report?.seriesInstanceUid, portal.report?.seriesInstanceUid);

  assert.is((await hepatica('synthesize', scan, ...options)).exitCode, 0);
  assert.not((await readdir(out)).some((name) => name.startsWith('arterial')));
  const bad = await hepatica('synthesize', scan, ...options, '--arterial', '--arterial-shift', '2,0');
  assert.is(bad.exitCode, 2);
  assert.match(bad.stderr, /three numbers/);
});

test('wrong types, counts and masks of other scans are refused', async (context) => {
  const { scan, liver } = await writeScan(context.folder.path);
  const out = join(context.folder.path, 'out');
  const types = await hepatica('synthesize', scan, '--liver', liver, '--out', out, '--types', 'CYS,FNH');
  assert.is(types.exitCode, 2);
  assert.match(types.stderr, /CYS, ANG, HCC and MET/);
  assert.is((await hepatica('synthesize', scan, '--out', out, '--count', '5-2')).exitCode, 2);
  const other = join(context.folder.path, 'other.nii.gz');
  const mask = await readMask(liver);
  const { size, spacing, direction, data } = mask;
  await writeMask(other, { size, spacing, direction, data, origin: [9, 9, 9] });
  const moved = await hepatica('synthesize', scan, '--liver', other, '--out', out);
  assert.is(moved.exitCode, 3);
  assert.match(moved.stderr, /GEOMETRY_MISMATCH/);
});

test.run();
