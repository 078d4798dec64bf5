import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  InvalidArgumentError,
  OutputError,
  readSeries,
  readVolume,
  type SeriesAttributes,
  type VolumeInput,
  writeSeries,
  writeVolume,
} from '../src/index.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const test = suite<{ folder: string; remove: () => void }>('writing series');
test.before.each((context) => {
  const { path, remove } = makeFolder();
  Object.assign(context, { folder: path, remove });
});
test.after.each(({ remove }) => remove());

const phantom = makePhantom({ size: [24, 20, 5] });

function bytesOf(folder: string): Buffer[] {
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

/** Every UID of a series that was written. */
async function uidsOf(folder: string): Promise<string[]> {
  const { report } = await readSeries(folder);
  assert.ok(report);
  const instances = report.slices.map(({ sopInstanceUid }) => sopInstanceUid);
  return [report.studyInstanceUid, report.seriesInstanceUid, report.frameOfReferenceUid, ...instances];
}

test('the same input gives the same files, whenever and wherever they are written', async ({ folder }) => {
  const written = await writeSeries(join(folder, 'a'), phantom, { patientId: 'A' }, { threads: 1 });
  await writeSeries(join(folder, 'b'), { ...phantom, data: phantom.data.slice() }, { patientId: 'A' }, { threads: 2 });
  assert.equal(bytesOf(join(folder, 'a')), bytesOf(join(folder, 'b')));
  assert.is(written.files.length, 5);
  assert.ok(written.files.every((file) => existsSync(file)));
  assert.equal(written.warnings, []);
  assert.equal((await uidsOf(join(folder, 'a'))).slice(0, 3), [
    written.studyInstanceUid,
    written.seriesInstanceUid,
    written.frameOfReferenceUid,
  ]);
});

test('what differs in a voxel, a place, a number of slices or a text shares no UID', async ({ folder }) => {
  const changed = phantom.data.slice();
  changed[700] = (changed[700] as number) + 1;
  const inputs: readonly (readonly [VolumeInput, SeriesAttributes])[] = [
    [phantom, {}],
    [{ ...phantom, data: changed }, {}],
    [{ ...phantom, spacing: [1, 1, 2.001] }, {}],
    [{ ...phantom, origin: [-30, -20.001, 10] }, {}],
    [{ ...phantom, size: [24, 20, 4], data: phantom.data.slice(0, 24 * 20 * 4) }, {}],
    [{ ...phantom, size: [20, 24, 5] }, {}],
    [phantom, { patientId: 'B' }],
    [phantom, { seriesDescription: 'B' }],
    [phantom, { studyDate: '20260102' }],
    [phantom, { derivation: 'filtered' }],
  ];
  const uids: string[] = [];
  for (const [index, [volume, attributes]] of inputs.entries()) {
    const path = join(folder, `${index}`);
    await writeSeries(path, volume, attributes);
    uids.push(...(await uidsOf(path)));
  }
  assert.is(new Set(uids).size, uids.length);
});

test('random UIDs differ each time; given ones stay', async ({ folder }) => {
  const given = { studyInstanceUid: '1.2.826.0.1.1', seriesInstanceUid: '1.2.826.0.1.2' };
  const first = await writeSeries(join(folder, 'a'), phantom, given, { uids: 'random' });
  const second = await writeSeries(join(folder, 'b'), phantom, given, { uids: 'random' });
  assert.is(first.studyInstanceUid, given.studyInstanceUid);
  assert.is(first.seriesInstanceUid, given.seriesInstanceUid);
  assert.match(first.frameOfReferenceUid, /^2\.25\.\d{1,39}$/);
  assert.is.not(first.frameOfReferenceUid, second.frameOfReferenceUid);
  assert.is(new Set([...(await uidsOf(join(folder, 'a'))), ...(await uidsOf(join(folder, 'b')))]).size, 2 + 2 * 6);
});

test('a folder with anything in it is refused and left as it is', async ({ folder }) => {
  const target = join(folder, 'study');
  await writeSeries(target, makePhantom({ size: [24, 20, 8] }));
  const before = bytesOf(target);
  const error = await rejection(writeSeries(target, phantom), OutputError, 'OUTPUT_EXISTS');
  assert.is(error.file, target);
  assert.ok(error.remedy);
  assert.equal(bytesOf(target), before);
  mkdirSync(join(folder, 'notes'));
  writeFileSync(join(folder, 'notes', '.keep'), '');
  await rejection(writeSeries(join(folder, 'notes'), phantom), OutputError, 'OUTPUT_EXISTS');
  mkdirSync(join(folder, 'empty'));
  assert.is((await writeSeries(join(folder, 'empty'), phantom)).files.length, 5);
  assert.equal(readdirSync(folder).sort(), ['empty', 'notes', 'study']);
});

test('a call that is aborted leaves nothing', async ({ folder }) => {
  const controller = new AbortController();
  const large = makePhantom({ size: [512, 512, 40] });
  const onProgress = () => controller.abort('no more');
  const call = writeSeries(join(folder, 'new', 'series'), large, {}, { signal: controller.signal, onProgress });
  assert.is(await call.catch((reason) => reason), 'no more');
  assert.equal(readdirSync(folder), []);
});

/** ImageType and DerivationDescription of a series' first file, in Explicit VR Little Endian. */
function originOf(path: string): { imageType: string; derivation: string | undefined } {
  const bytes = readFileSync(join(path, 'CT_0001.dcm'));
  const text = (tag: string) => {
    const at = bytes.indexOf(Buffer.from(tag, 'latin1'));
    if (at < 0) return undefined;
    return bytes.toString('latin1', at + 8, at + 8 + bytes.readUInt16LE(at + 6)).trim();
  };
  return { imageType: text('\x08\x00\x08\x00CS') ?? '', derivation: text('\x08\x00\x11\x21ST') };
}

test('only a series as it was read is original', async ({ folder }) => {
  const path = (name: string) => join(folder, name);
  await writeSeries(path('program'), phantom, { patientId: 'A' });
  assert.is(originOf(path('program')).imageType, 'DERIVED\\SECONDARY\\AXIAL');
  assert.match(originOf(path('program')).derivation ?? '', /program/);

  const untouched = await readSeries(path('program'));
  await writeSeries(path('copy'), untouched);
  assert.equal(originOf(path('copy')), { imageType: 'ORIGINAL\\PRIMARY\\AXIAL', derivation: undefined });
  assert.is(untouched.data.length, phantom.data.length);
  await writeSeries(path('seen'), untouched);
  assert.is(originOf(path('seen')).imageType, 'DERIVED\\SECONDARY\\AXIAL');

  await writeVolume(path('v.nii'), phantom);
  await writeSeries(path('nifti'), await readVolume(path('v.nii')));
  assert.is(originOf(path('nifti')).imageType, 'DERIVED\\SECONDARY\\AXIAL');
  await writeSeries(path('said'), phantom, { derivation: 'Filtered by a median' });
  assert.is(originOf(path('said')).derivation, 'Filtered by a median');

  rmSync((await writeSeries(path('gaps'), phantom)).files[2] as string);
  await writeSeries(path('filled'), await readSeries(path('gaps'), { gaps: 'interpolate' }));
  assert.match(originOf(path('filled')).derivation ?? '', /interpolated: 1/);
});

test('HU that DICOM cells of this kind cannot hold are counted', async ({ folder }) => {
  for (const count of [1, 7, 100]) {
    const data = phantom.data.slice();
    data.fill(-2000, 50, 50 + count);
    const { warnings } = await writeSeries(join(folder, `${count}`), { ...phantom, data });
    assert.equal(
      warnings.map(({ code }) => code),
      ['CLAMPED_HU'],
    );
    assert.match(warnings[0]?.message ?? '', new RegExp(`^${count} voxels? `));
  }
  const data = phantom.data.slice();
  data.fill(-1024, 0, 10).fill(32767, 10, 20);
  assert.equal((await writeSeries(join(folder, 'fits'), { ...phantom, data })).warnings, []);
});

test('attributes that DICOM does not allow are refused by name', async ({ folder }) => {
  const wrong: readonly (readonly [SeriesAttributes, string])[] = [
    [{ patientId: 'a\\b' }, 'patientId'],
    [{ patientName: 'a\nb' }, 'patientName'],
    [{ studyInstanceUid: '1.02.3' }, 'studyInstanceUid'],
    [{ seriesInstanceUid: `1.${'2'.repeat(63)}` }, 'seriesInstanceUid'],
    [{ frameOfReferenceUid: '' }, 'frameOfReferenceUid'],
    [{ studyDate: '2026-01-02' }, 'studyDate'],
    [{ studyDate: '20261302' }, 'studyDate'],
    [{ studyTime: '250000' }, 'studyTime'],
    [{ derivation: 'x'.repeat(1025) }, 'derivation'],
  ];
  for (const [attributes, field] of wrong) {
    const call = writeSeries(join(folder, 's'), phantom, attributes);
    assert.is((await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT')).field, field);
  }
  const options = { uids: 'fixed' } as unknown as { uids: 'random' };
  const call = writeSeries(join(folder, 's'), phantom, {}, options);
  assert.is((await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'uids');
  assert.equal(readdirSync(folder), []);
});

test.run();
