import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  evaluateSegmentation,
  InvalidArgumentError,
  loadModel,
  type MaskInput,
  preprocess,
  readVolume,
  segmentLiver,
  synthesizeLesions,
  type VolumeInput,
  writeVolume,
} from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { kRoot, makeFolder, runCode } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

type Scan = VolumeInput & { readonly data: Int16Array<ArrayBuffer> };

const folder = makeFolder();
const test = suite("callers' arrays");
test.after(() => folder.remove());

/** 20 MB: it is copied in several turns of the event loop. */
const kLarge = [512, 512, 40] as const;
const large = makePhantom({ size: kLarge });
const copyOf = <Input extends VolumeInput | MaskInput>(input: Input): Input => ({ ...input, data: input.data.slice() });
const expected = (await preprocess(copyOf(large))).data.slice();

/** Not in the types of ES2023. */
type Resizable = ArrayBuffer & { resize(bytes: number): void };
const ResizableBuffer = ArrayBuffer as unknown as new (bytes: number, most: { maxByteLength: number }) => Resizable;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** That of `act`, where it is done so many turns after a call on a copy of the large volume began. */
async function outcomeOf(act: (scan: Scan) => void, turns: number, scan: Scan = copyOf(large)): Promise<string> {
  const call = preprocess(scan);
  for (let turn = 0; turn < turns; turn++) await nextTurn();
  act(scan);
  return call.then(
    ({ data }) => (Buffer.compare(data, expected) === 0 ? 'as called' : 'changed'),
    (error: unknown) => {
      assert.instance(error, InvalidArgumentError);
      const { code, field } = error as InvalidArgumentError;
      return `${code} ${field}`;
    },
  );
}

test('an array that is changed before its copy is whole is refused, and never changes the result', async () => {
  const last = large.data.length - 1;
  const changes: ((scan: Scan) => void)[] = [
    ({ data }) => data.fill(0),
    ({ data }) => data.fill(7, last),
    ({ data }) => data.fill(data[0] === 7 ? 8 : 7, 0, 1),
    ({ data }) => data.copyWithin(0, 512 * 512 * 20),
  ];
  for (const change of changes) assert.is(await outcomeOf(change, 0), 'INVALID_ARGUMENT volume');
  for (const turns of [1, 2, 3, 5, 8]) {
    for (const change of changes) {
      const outcome = await outcomeOf(change, turns);
      assert.ok(['INVALID_ARGUMENT volume', 'as called'].includes(outcome), outcome);
    }
  }
});

test('an array that is detached or resized before its copy is whole is refused', async () => {
  const detach = ({ data }: Scan) => void structuredClone(data, { transfer: [data.buffer] });
  for (const turns of [0, 1, 2, 3]) assert.is(await outcomeOf(detach, turns), 'INVALID_ARGUMENT volume');

  const { byteLength } = large.data;
  for (const size of [byteLength - 2, byteLength + 2, 0]) {
    const buffer = new ResizableBuffer(byteLength, { maxByteLength: 2 * byteLength });
    const data = new Int16Array(buffer);
    data.set(large.data);
    const resize = () => buffer.resize(size);
    assert.is(await outcomeOf(resize, 1, { ...large, data }), 'INVALID_ARGUMENT volume');
  }
});

test('an argument is named by its place', async () => {
  const small = { ...makePhantom(), data: new Uint8Array(64 * 56 * 12) };
  const twice = evaluateSegmentation({ ...small, transfer: true }, small);
  assert.is((await rejection(twice, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'reference');

  const size = [512, 512, 2 * kLarge[2]] as const;
  const mask = { ...large, size, data: new Uint8Array(2 * large.data.length) };
  const call = evaluateSegmentation(copyOf(mask), mask);
  mask.data[0] = 1;
  assert.is((await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'reference');
});

test('after the copy, the array is the caller’s again', async () => {
  const scan = copyOf(large);
  let copied = false;
  const result = await preprocess(scan, {
    onProgress: () => {
      if (!copied) scan.data.fill(0);
      copied = true;
    },
  });
  assert.ok(copied);
  assert.is(Buffer.compare(result.data, expected), 0);
});

test('one array in two calls at once', async () => {
  const scan = copyOf(large);
  for (const { data } of await Promise.all([preprocess(scan), preprocess(scan, { threads: 1 })])) {
    assert.is(Buffer.compare(data, expected), 0);
  }
  const copied = preprocess(scan);
  const taken = preprocess({ ...scan, transfer: true });
  await rejection(copied, InvalidArgumentError, 'INVALID_ARGUMENT');
  assert.is(Buffer.compare((await taken).data, expected), 0);
});

test('transfer takes an array at once, whatever its size, and gives the same result', async () => {
  for (const size of [[64, 56, 12], kLarge] as const) {
    const scan = makePhantom({ size });
    const { data: wanted } = await preprocess(scan);
    const call = preprocess({ ...scan, transfer: true });
    assert.is(scan.data.length, 0, 'detached in the tick of the call');
    assert.is(Buffer.compare((await call).data, wanted), 0);
  }
});

test('a result holds the volume that was given away', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  const lesionModel = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
  const scan = makePhantom();
  const kept = await segmentLiver(scan, { model });
  const expectedLesions = await classifyLesions(kept, { model: lesionModel });

  const given = makePhantom();
  const liver = await segmentLiver({ ...given, transfer: true }, { model });
  assert.is(given.data.length, 0);
  assert.equal((await classifyLesions(liver, { model: lesionModel })).mask, expectedLesions.mask);
  assert.equal(liver.volume.data, scan.data);
  assert.equal(liver.volume.spacing, scan.spacing);
});

test('nothing is taken from the caller by a call that is refused', async () => {
  const scan = { ...makePhantom(), transfer: true };
  const elsewhere = { ...scan, data: new Uint8Array(scan.data.length), origin: [0, 0, 0] as const };
  await rejection(synthesizeLesions(scan, elsewhere), InvalidArgumentError, 'GEOMETRY_MISMATCH');
  await preprocess(scan, { signal: AbortSignal.abort('no') }).catch(() => {});
  assert.is(scan.data.length, 64 * 56 * 12);
  assert.is(elsewhere.data.length, 64 * 56 * 12);
});

test('what cannot be given away is refused', async () => {
  const phantom = makePhantom();
  const shared = new Int16Array(new SharedArrayBuffer(phantom.data.byteLength));
  shared.set(phantom.data);
  const refused = preprocess({ ...phantom, data: shared, transfer: true });
  assert.is((await rejection(refused, InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'volume');
  assert.ok((await preprocess({ ...phantom, data: shared })).data.some((value) => value > 0));
  const odd = { ...phantom, transfer: 'yes' } as unknown as VolumeInput;
  assert.is((await rejection(preprocess(odd), InvalidArgumentError, 'INVALID_ARGUMENT')).field, 'transfer');
});

test('an abort between two pieces rejects with its reason, and nothing is computed', async () => {
  for (const turns of [0, 1, 3]) {
    const controller = new AbortController();
    let began = false;
    const call = preprocess(large, { signal: controller.signal, onProgress: () => (began = true) });
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    controller.abort('enough');
    assert.is(await call.catch((reason: unknown) => reason), 'enough');
    assert.is(began, false);
  }
});

test('what is disposed of right after the call is still worked with', async () => {
  const path = join(folder.path, 'large.nii');
  await writeVolume(path, large);
  const volume = await readVolume(path);
  const call = preprocess(volume);
  volume.dispose();
  assert.is(Buffer.compare((await call).data, expected), 0);

  const model = await loadModel(writeThresholdModel(join(folder.path, 'once.safetensors')));
  const segmentation = segmentLiver(makePhantom({ size: [512, 512, 33] }), { model });
  model.dispose();
  assert.ok((await segmentation).volumeMl > 0);
});

test('voxels that were looked at are copied like a caller’s own', async () => {
  const path = join(folder.path, 'seen.nii');
  await writeVolume(path, large);
  const volume = await readVolume(path);
  assert.is(volume.data.length, large.data.length);
  assert.is(Buffer.compare((await preprocess(volume)).data, expected), 0);
  const call = preprocess(volume);
  volume.data[0] = 99;
  await rejection(call, InvalidArgumentError, 'INVALID_ARGUMENT');
});

test('arrays of the first call of a program, which loads the native part', async () => {
  const { stdout, stderr } = await runCode(`
    const { makePhantom } = await import(${JSON.stringify(join(kRoot, 'test/support/volumes.ts'))});
    const small = makePhantom();
    const mask = Buffer.from(new Uint8Array(small.data.length).fill(1));
    const large = makePhantom({ size: [512, 512, 40] });
    const dice = hepatica.evaluateSegmentation({ ...small, data: mask }, { ...small, data: new Uint8Array(mask) });
    const seen = hepatica.preprocess(small);
    const refused = hepatica.preprocess(large).catch(({ code }) => code);
    const given = hepatica.preprocess({ ...makePhantom(), transfer: true });
    mask.fill(0);
    small.data.fill(0);
    large.data.fill(0);
    console.log((await dice).dice, Buffer.compare((await seen).data, (await given).data), await refused);`);
  assert.equal({ stdout, stderr }, { stdout: '1 0 INVALID_ARGUMENT\n', stderr: '' });
});

test('a worker that is terminated while it copies leaves the process whole', async () => {
  for (const delay of [0, 5, 10, 20, 40]) {
    const program = new URL('./support/copying-worker.ts', import.meta.url).href;
    const worker = new Worker(new URL('./support/worker.mjs', import.meta.url), { workerData: { program } });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, delay));
    await worker.terminate();
    assert.is(Buffer.compare((await preprocess(large)).data, expected), 0);
  }
});

test.run();
