import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileInput, InputFileError, listSeries, readSeries, writeSeries } from '../src/index.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';
import { makeZip, type ZipEntry } from './support/zip.js';

const folder = makeFolder();
const test = suite('zip archives');
test.after(() => folder.remove());

const phantom = makePhantom();
const { files: paths } = await writeSeries(join(folder.path, 'series'), phantom);
const slices: ZipEntry[] = paths.map((path) => ({ name: `CT/${basename(path)}`, data: readFileSync(path) }));

function write(name: string, entries: readonly ZipEntry[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, makeZip(entries));
  return path;
}

const directory = { name: 'CT/', data: new Uint8Array(0), method: 0, unixMode: 0o40755 };
const notes = { name: 'README.TXT', data: Buffer.from('a viewer for this disc') };

test('an archive of a study is read: from its path, whatever its name, and from memory', async () => {
  const archive = write('study.zip', [directory, notes, ...slices]);
  const unnamed = write('EXPORT', [notes, ...slices.map((slice) => ({ ...slice, method: 0 }))]);
  const forms: Record<string, FileInput | FileInput[]> = {
    path: archive,
    'a path without an ending': unnamed,
    buffer: readFileSync(archive),
    stream: createReadStream(archive),
    'two archives': [write('a.zip', slices.slice(0, 7)), readFileSync(write('b.zip', slices.slice(7)))],
    'an archive and files': [write('c.zip', slices.slice(3)), ...paths.slice(0, 3)],
  };
  for (const [name, form] of Object.entries(forms)) {
    const read = await readSeries(form);
    assert.equal(read.data, phantom.data, name);
    assert.equal(read.warnings, [], name);
  }
  const read = await readSeries(archive);
  const file = (index: number) => `${archive}/CT/${basename(paths[index] as string)}`;
  assert.equal(
    read.report?.slices.map((slice) => slice.file),
    paths.map((_, index) => file(index)),
  );
  assert.equal(
    read.report?.excluded.map((one) => [one.file, one.code]),
    [[`${archive}/README.TXT`, 'NOT_DICOM']],
  );
  const [listed] = (await listSeries(archive)).series;
  assert.equal([listed?.files, listed?.problem], [slices.length, null]);
});

test('an archive in a folder is left out, and told how to be read', async () => {
  const other = await writeSeries(join(folder.path, 'mixed'), phantom);
  writeFileSync(join(folder.path, 'mixed/more.zip'), makeZip(slices));
  const { report } = await readSeries(join(folder.path, 'mixed'));
  assert.is(report?.slices.length, other.files.length);
  assert.match(report?.excluded[0]?.reason ?? '', /zip archive/);
});

test('links, archives in archives and unknown packing are left out, and told', async () => {
  const target = { data: Buffer.from('/etc/passwd') };
  const odd: ZipEntry[] = [
    { name: 'link.dcm', ...target, unixMode: 0o120777 },
    { name: 'pipe', ...target, unixMode: 0o10644 },
    { name: 'inner.zip', data: makeZip(slices) },
    { name: 'packed.dcm', ...target, method: 93 },
  ];
  const { data, report, warnings } = await readSeries(makeZip([...odd, ...slices]));
  assert.equal(data, phantom.data);
  assert.equal(
    report?.excluded.map(({ file, code }) => [file, code]),
    odd.map(({ name }) => [`source/${name}`, 'ARCHIVE_ENTRY']),
  );
  assert.equal(
    warnings.map(({ code }) => code),
    ['SKIPPED_ENTRIES'],
  );
  assert.match(warnings[0]?.message ?? '', /^4 entries .*source\/link\.dcm \(it is a link\)/);
  assert.equal(
    (await listSeries(makeZip([...odd, ...slices]))).warnings.map(({ code }) => code),
    ['SKIPPED_ENTRIES'],
  );
});

test('hostile archives are refused', async () => {
  const [first, second] = slices as [ZipEntry, ZipEntry];
  const cases: [string, ZipEntry[], string][] = [
    ['a name that leads out', [{ ...first, name: '../../etc/x.dcm' }], 'UNSAFE_ARCHIVE'],
    ['a name that leads out, of Windows', [{ ...first, name: '..\\x.dcm' }], 'UNSAFE_ARCHIVE'],
    ['an absolute name', [{ ...first, name: '/etc/x.dcm' }], 'UNSAFE_ARCHIVE'],
    ['a drive', [{ ...first, name: 'C:/x.dcm' }], 'UNSAFE_ARCHIVE'],
    ['a bomb', [{ name: 'x.dcm', data: new Uint8Array(2 ** 27) }], 'UNSAFE_ARCHIVE'],
    ['many names of the same bytes', [first, ...Array(200).fill({ ...first, sharesDataOf: 0 })], 'UNSAFE_ARCHIVE'],
    ['encrypted', [first, { ...second, flags: 1 }], 'ENCRYPTED_ARCHIVE'],
    ['another checksum', [first, { ...second, says: { crc: 7 } }], 'CORRUPT_FILE'],
    ['more than it says', [{ ...first, says: { size: 100 } }], 'CORRUPT_FILE'],
    ['less than it says', [{ ...first, says: { size: 10_000_000 } }], 'CORRUPT_FILE'],
  ];
  for (const [name, entries, code] of cases) {
    const archive = makeZip(entries);
    const error = await rejection(readSeries(archive), InputFileError, code);
    assert.match(error.file ?? '', /^source/, name);
    const path = join(folder.path, 'hostile.zip');
    writeFileSync(path, archive);
    assert.ok((await rejection(readSeries(path), InputFileError, code)).file?.startsWith(path), name);
  }
});

test('a cut archive, and a cut stream in one, are damaged files', async () => {
  const archive = makeZip(slices);
  for (const length of [5, 1000, archive.length - 1]) {
    const error = await rejection(readSeries(archive.subarray(0, length)), InputFileError, 'CORRUPT_FILE');
    assert.is(error.file, 'source');
  }
  const broken = Buffer.from(archive);
  broken.fill(0x55, 300, 600);
  await rejection(readSeries(broken), InputFileError, 'CORRUPT_FILE');
});

test('an archive counts with what is in it', async () => {
  const archive = makeZip(slices);
  const unpacked = slices.reduce((sum, { data }) => sum + data.length, 0);
  const most = archive.length + unpacked;
  assert.equal((await readSeries(archive, { maxBytes: most })).data, phantom.data);
  await rejection(readSeries(archive, { maxBytes: most - 1 }), InputFileError, 'INPUT_TOO_LARGE');
  await rejection(readSeries(archive, { maxFiles: slices.length - 1 }), InputFileError, 'TOO_MANY_FILES');
  await rejection(readSeries(makeZip([]), {}), InputFileError, 'NO_DICOM');
});

test.run();
