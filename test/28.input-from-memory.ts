import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, openAsBlob, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  discoverDataset,
  discoverLesionDataset,
  type FileInput,
  InputFileError,
  InvalidArgumentError,
  listSeries,
  loadModel,
  ModelError,
  readMask,
  readSeries,
  readVolume,
  type Segmentation,
  type SeriesInput,
  type SourcedMask,
  trainSegmenter,
  trainStructures,
  type VolumeInput,
  writeMask,
  writeReport,
  writeSegmentation,
  writeSeries,
  writeStructureSet,
  writeVolume,
} from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { codeArguments, makeFolder, type Outcome, runCli, runCode, runProgram } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('input from memory');
test.after(() => folder.remove());

const phantom = makePhantom();
const { files: paths } = await writeSeries(join(folder.path, 'series'), phantom);
const files = paths.map((path) => readFileSync(path));
const middle = 5;

/** A copy of its own in an ArrayBuffer of just its size. */
const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

async function* inTime<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  for (const item of items) {
    await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

test('a series comes as bytes in any form, and reads as from its files', async () => {
  const blobs = await Promise.all(paths.map((path) => openAsBlob(path)));
  const forms: Record<string, SeriesInput> = {
    buffers: files,
    'views into a larger array': files.map((file) =>
      Buffer.concat([Buffer.alloc(3), file, file]).subarray(3, 3 + file.length),
    ),
    arrayBuffers: files.map(arrayBufferOf),
    blobs,
    streams: paths.map((path) => createReadStream(path)),
    'web streams': blobs.map((blob) => blob.stream() as FileInput),
    'a set': new Set(files),
    'an async generator': inTime(files),
    'a stream of files': Readable.from(files),
    'a generator of paths': inTime(paths),
    'paths and bytes': files.map((file, index) => (index % 2 === 0 ? file : (paths[index] as string))),
    'last slice first': files.toReversed(),
  };
  const expected = await readSeries(join(folder.path, 'series'));
  for (const [name, form] of Object.entries(forms)) {
    const read = await readSeries(form);
    assert.equal(read.data, expected.data, name);
    assert.equal([read.size, read.spacing, read.origin], [expected.size, expected.spacing, expected.origin], name);
    const uids = (volume: typeof read) => volume.report?.slices.map(({ sopInstanceUid }) => sopInstanceUid);
    assert.equal(uids(read), uids(expected), name);
    assert.equal(read.report?.transferSyntaxes, expected.report?.transferSyntaxes, name);
  }
});

test('reports call an item of a list by its number, and a path by its name', async () => {
  const mixed = [Buffer.from('notes of the export'), paths[0] as string, ...files.slice(1)];
  const { report } = await readSeries(mixed);
  assert.equal(
    report?.excluded.map(({ file, code }) => [file, code]),
    [['source[0]', 'NOT_DICOM']],
  );
  assert.equal(
    report?.slices.map(({ file }) => file),
    [paths[0], ...files.slice(1).map((_, index) => `source[${index + 2}]`)],
  );
});

test('what is wrong with an item is said with its number', async () => {
  const cut = files.map((file, index) => (index === middle ? file.subarray(0, file.length - 100) : file));
  for (const source of [cut, inTime(cut)]) {
    const error = await rejection(readSeries(source), InputFileError, 'CORRUPT_FILE');
    assert.is(error.file, `source[${middle}]`);
    assert.match(error.message, /^source\[5\]: /);
  }
  const alone = await rejection(readSeries(Buffer.from('no DICOM')), InputFileError, 'NOT_DICOM');
  assert.is(alone.file, 'source');
  const header = await rejection(readSeries([(files[0] as Buffer).subarray(0, 300)]), InputFileError, 'CORRUPT_FILE');
  assert.is(header.file, 'source[0]');
  await rejection(readSeries([]), InputFileError, 'NO_DICOM');

  for (const wrong of [7, null, {}, '', new Float32Array(4), [files[0]]]) {
    const items = [files[0], files[1], wrong] as unknown as FileInput[];
    for (const source of [items, inTime(items)]) {
      const error = await rejection(readSeries(source), InvalidArgumentError, 'INVALID_ARGUMENT');
      assert.is(error.field, 'source[2]');
    }
  }
  for (const wrong of [undefined, 7, {}]) {
    const call = readSeries(wrong as unknown as SeriesInput);
    assert.is((await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'source');
  }
  const texts = readSeries(createReadStream(paths[0] as string, 'latin1'));
  await rejection(texts, InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('listSeries takes the same', async () => {
  const expected = await listSeries(join(folder.path, 'series'));
  assert.equal(await listSeries(files), expected);
  assert.equal(await listSeries(inTime(files)), expected);
});

test('the caller’s bytes are read as they were at the call, and left as they are', async () => {
  const before = files.map((file) => Buffer.from(file));
  const expected = (await readSeries(before)).data.slice();
  const given = files.map((file) => Buffer.from(file));
  const call = readSeries(given);
  for (const file of given) file.fill(0);
  given.length = 0;
  assert.equal((await call).data, expected);
  assert.ok(files.every((file, index) => file.equals(before[index] as Buffer)));
});

test('a long list that is changed before it is copied is refused', async () => {
  const large = await writeSeries(join(folder.path, 'large'), makePhantom({ size: [512, 512, 40] }));
  const given = large.files.map((path) => readFileSync(path));
  const call = readSeries(given);
  (given[33] as Buffer)[2000] = 77;
  const error = await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is(error.field, 'source[33]');
});

test('a source may use one buffer for all of its files', async () => {
  const expected = (await readSeries(files)).data.slice();
  function* reused() {
    const buffer = Buffer.alloc(Math.max(...files.map(({ length }) => length)));
    for (const file of files) yield buffer.subarray(0, file.copy(buffer));
  }
  assert.equal((await readSeries(reused())).data, expected);
});

test('a source without an end is left at the limits', async () => {
  function* endless(item: FileInput) {
    for (;;) yield item;
  }
  const file = files[0] as Buffer;
  const bytes = await rejection(readSeries(endless(file), { maxBytes: 1e7 }), InputFileError, 'INPUT_TOO_LARGE');
  assert.match(`${bytes.file} ${bytes.remedy}`, /^source\[\d+\] .*maxBytes/);
  await rejection(readSeries(endless(file), { maxFiles: 500 }), InputFileError, 'TOO_MANY_FILES');
  await rejection(readSeries(endless(paths[0] as string), { maxFiles: 500 }), InputFileError, 'TOO_MANY_FILES');
  // Twice the volume may wait: copies of slices do.
  const voxels = phantom.data.length;
  await readSeries([...files, ...files], { maxVoxels: voxels });
  const held = await rejection(readSeries(endless(file), { maxVoxels: voxels }), InputFileError, 'INPUT_TOO_LARGE');
  assert.match(held.remedy ?? '', /maxVoxels/);

  const stream = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1e6)) });
  await rejection(readVolume(stream as FileInput, { maxBytes: 1e7 }), InputFileError, 'INPUT_TOO_LARGE');
});

test('of another series than the one that is named only the header is kept', async () => {
  const other = await writeSeries(join(folder.path, 'other'), phantom, { seriesDescription: 'another' });
  const others = other.files.map((path) => readFileSync(path));
  const source = [...others, ...others, ...others, ...files];
  const { seriesInstanceUid } = (await readSeries(files)).report ?? { seriesInstanceUid: '' };
  await rejection(readSeries(source, { maxVoxels: phantom.data.length }), InputFileError, 'INPUT_TOO_LARGE');
  const read = await readSeries(source, { series: seriesInstanceUid, maxVoxels: phantom.data.length });
  assert.equal(read.data, phantom.data);
  assert.is(read.report?.excluded.filter(({ code }) => code === 'OTHER_SERIES').length, 3 * others.length);
});

test('a source that stands still is left when the call is aborted, and told so', async () => {
  const abort = new AbortController();
  let returned = false;
  const source: AsyncIterable<FileInput> = {
    [Symbol.asyncIterator]: () => {
      let given = 0;
      return {
        next: () => (given < 3 ? Promise.resolve({ value: files[given++] as Buffer }) : new Promise(() => {})),
        return: async () => {
          returned = true;
          return { done: true, value: undefined };
        },
      };
    },
  };
  const call = readSeries(source, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('enough')), 30);
  const error = await call.catch((reason: unknown) => reason);
  assert.is((error as Error).message, 'enough');
  assert.ok(returned);
});

test('an error of the source is the call’s', async () => {
  async function* broken() {
    yield files[0] as Buffer;
    throw new Error('connection lost');
  }
  const error = await readSeries(broken()).catch((reason: unknown) => reason);
  assert.is((error as Error).message, 'connection lost');
});

test('volumes and masks are written into memory, and read from there', async () => {
  const mask = { ...phantom, data: Uint8Array.from(phantom.data, (hu) => (hu > 100 ? 3 : 0)) };
  for (const [name, gzip] of [
    ['x.nii', false],
    ['x.nii.gz', true],
  ] as const) {
    const volumePath = join(folder.path, `volume-${name}`);
    const maskPath = join(folder.path, `mask-${name}`);
    await writeVolume(volumePath, phantom);
    await writeMask(maskPath, mask);
    const volumeBytes = await writeVolume(phantom, { gzip });
    const maskBytes = await writeMask(mask, { gzip });
    assert.ok(Buffer.isBuffer(volumeBytes.data));
    assert.ok(volumeBytes.data.equals(readFileSync(volumePath)), name);
    assert.ok(maskBytes.data.equals(readFileSync(maskPath)), name);
    assert.equal((await readVolume(volumeBytes.data)).data, phantom.data);
    assert.equal((await readMask(maskBytes.data)).data, mask.data);
    assert.equal((await readMask(createReadStream(maskPath))).data, mask.data);
    // Two members one after the other, and bytes after the last: gzip reads on, and ignores what is no member.
    const padded = Buffer.concat([maskBytes.data, Buffer.from('padding')]);
    assert.equal((await readMask(padded)).data, mask.data);
    const half = maskBytes.data.subarray(0, maskBytes.data.length - 12);
    assert.is((await rejection(readMask(half), InputFileError, 'CORRUPT_FILE')).file, 'source');
  }
  await rejection(readVolume(Buffer.from('text')), InputFileError, 'NOT_NIFTI');
  await rejection(readVolume(Buffer.alloc(0)), InputFileError, 'NOT_NIFTI');
  await rejection(writeVolume(phantom, { overwrite: true } as object), InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('weights come as bytes', async () => {
  const path = writeThresholdModel(join(folder.path, 'liver.safetensors'));
  const expected = await loadModel(path);
  const bytes = readFileSync(path);
  for (const source of [bytes, createReadStream(path), arrayBufferOf(bytes)]) {
    const { info } = await loadModel(source);
    assert.equal(info, { ...expected.info, path: '' });
  }
  const cut = await rejection(loadModel(bytes.subarray(0, bytes.length - 5)), ModelError, 'CORRUPT_WEIGHTS');
  assert.is(cut.file, 'source');
  await rejection(loadModel(Buffer.from('text')), ModelError, 'NOT_SAFETENSORS');
});

/** Reads a series of 100 MB by one buffer, so that nothing but the call takes memory; prints what its peak added, MB. */
const kPeakCode = `
  import { openSync, readSync, readFileSync, readdirSync } from 'node:fs';
  const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  const folder = process.env.SERIES;
  const buffer = Buffer.alloc(2 ** 20);
  function* files(names) {
    for (const name of names) yield buffer.subarray(0, readSync(openSync(folder + '/' + name), buffer));
  }
  const names = readdirSync(folder);
  await hepatica.readSeries(files(names.slice(0, 8)));
  const before = peak();
  const volume = await hepatica.readSeries(files(names));
  console.log(JSON.stringify({ slices: volume.size[2], added: peak() - before }));
`;

test('slices are decoded as they come: the peak is the volume, a few files and 64 MiB', async () => {
  const size = [512, 512, 200] as const;
  const path = join(folder.path, 'many');
  const { files: written } = await writeSeries(path, makePhantom({ size }));
  const { stdout, stderr } = await runCode(kPeakCode, { SERIES: path });
  assert.is(stderr, '');
  const { slices, added } = JSON.parse(stdout) as { slices: number; added: number };
  assert.is(slices, written.length);
  console.log(`peak: ${added.toFixed(0)} MB above a small one, of a volume of 100 MB`);
  assert.ok(added < 100 + 64, `${added} MB`);
});

/** As root or in a user namespace of its own: mounts everything read-only, and runs the program. */
const kReadOnly = [
  'while read -r _ at _; do mount -o remount,bind,ro "$at" 2>/dev/null; done < /proc/self/mounts',
  'if touch "$0" 2>/dev/null; then exit 77; fi',
  'exec "$@"',
].join('\n');

test('nothing is written: a series is read on a read-only file system', async () => {
  const code = `
    import { readFileSync, readdirSync } from 'node:fs';
    const folder = process.env.SERIES;
    const files = readdirSync(folder).map((name) => readFileSync(folder + '/' + name));
    const volume = await hepatica.readSeries(files);
    const { data } = await hepatica.writeVolume(volume);
    console.log((await hepatica.readVolume(data)).size.join(' '));
  `;
  const env = { SERIES: join(folder.path, 'series'), TSX_DISABLE_CACHE: '1' };
  const program = ['-c', kReadOnly, join(folder.path, 'probe'), process.execPath, ...codeArguments(code)];
  const unshare = process.getuid?.() === 0 ? ['-m'] : ['-rm'];
  const outcome: Outcome = await runProgram('unshare', [...unshare, 'sh', ...program], env);
  if (outcome.exitCode === 77 || /unshare/.test(outcome.stderr)) {
    return console.log(`skipped: no read-only file system can be had (${outcome.stderr.trim()})`);
  }
  assert.is(outcome.stderr, '');
  assert.is(outcome.stdout.trim(), (phantom as VolumeInput).size.join(' '));
  assert.ok(!readdirSync(folder.path).includes('probe'));
});

/** The same object under another tag of the same length: without the element that the tag names. */
function without(bytes: Buffer, [group, element]: readonly [number, number]): Buffer {
  const tag = (last: number) => Buffer.from([group & 255, group >> 8, last, 0, 0x55, 0x49]);
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(tag(element));
  assert.ok(at > 0);
  tag(element + 1).copy(copy, at);
  return copy;
}

test('objects of a series that lacks UIDs are refused by tag and file, without a word of the patient', async () => {
  const named = await writeSeries(join(folder.path, 'named'), phantom, { patientName: 'Doe^Jane', patientId: 'P-77' });
  const bytes = named.files.map((path) => readFileSync(path));
  const cases = [
    ['SOPInstanceUID', bytes.map((file, z) => (z === 3 ? without(file, [0x0008, 0x18]) : file)), 'source[3]'],
    ['SeriesInstanceUID', bytes.map((file) => without(file, [0x0020, 0x0e])), 'source[0]'],
  ] as const;
  for (const [tag, source, file] of cases) {
    const volume = await readSeries(source);
    const { size, spacing, origin, direction } = volume;
    const mask = new Uint8Array(volume.data.length).fill(1);
    const findings = [
      { size, spacing, origin, direction, mask, structure: 'liver', volume } as unknown as Segmentation,
      { size, spacing, origin, direction, data: mask, source: volume.report?.source } as SourcedMask,
    ];
    for (const [index, found] of findings.entries()) {
      for (const write of [writeSegmentation, writeReport, writeStructureSet]) {
        const error = await rejection(write(null, found), InvalidArgumentError, 'NO_DICOM_SOURCE');
        assert.is(error.field, tag);
        assert.match(error.message, tag);
        assert.not.match(`${error.message} ${error.remedy}`, /Doe|Jane|P-77/);
        assert.type(error.remedy, 'string');
        if (index === 0) assert.is(error.file, file);
      }
    }
    const at = join(folder.path, tag);
    mkdirSync(at);
    for (const [z, content] of source.entries()) writeFileSync(join(at, `${z}.dcm`), content);
    const out = join(folder.path, `${tag}-out`);
    const refused = await runCli(['segment', at, '--out', out, '--dicom', 'seg', '--verbose']);
    assert.is(refused.exitCode, 2, refused.stderr);
    assert.match(refused.stderr, tag);
    assert.not.match(refused.stderr, 'segmenting');
    assert.not.ok(existsSync(out), 'nothing was computed');
  }
});

test('a pipe that nobody writes to is refused, and holds no thread', async () => {
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const calls: Record<string, () => Promise<unknown>> = {
    readSeries: () => readSeries(pipe),
    'readSeries of a list': () => readSeries([pipe]),
    listSeries: () => listSeries(pipe),
    readVolume: () => readVolume(pipe),
    readMask: () => readMask(pipe),
    loadModel: () => loadModel(pipe),
    discoverDataset: () => discoverDataset(pipe),
    discoverLesionDataset: () => discoverLesionDataset(pipe),
    'initial weights': () => trainStructures({ cases: [] }, { output: join(folder.path, 'x'), initial: pipe }),
    'a label': () =>
      trainSegmenter({ cases: [{ patient: 'P', image: pipe, label: pipe }] }, { output: join(folder.path, 'x') }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const late = new Promise((resolve) => setTimeout(resolve, 20_000)).then(() => assert.unreachable(name));
    const error = await rejection(Promise.race([call(), late]), InputFileError, 'UNREADABLE_FILE');
    assert.is(error.file, pipe, name);
  }
});

test.run();
