import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, type Transferable } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  classifyLesions,
  loadModel,
  type Model,
  preprocess,
  readMask,
  readVolume,
  type Segmentation,
  segmentLiver,
  synthesizeLesions,
  tracePerimeters,
  type Volume,
  writeMask,
  writeVolume,
} from '../src/index.js';
import { writeLesionModel } from './support/lesion-model.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite<{ model: Model; liverModel: Model; volume: Volume; liver: Segmentation }>('results');

test.before.each(async (context) => {
  const path = join(folder.path, 'scan.nii.gz');
  await writeVolume(path, makePhantom());
  context.liverModel = await loadModel(writeThresholdModel(join(folder.path, 'liver.safetensors')));
  context.model = await loadModel(writeLesionModel(join(folder.path, 'lesions.safetensors')));
  context.volume = await readVolume(path);
  context.liver = await segmentLiver(context.volume, { model: context.liverModel });
});
test.after(() => folder.remove());

/** Sent to another thread's side and back. */
async function posted<T>(value: T, transfer: readonly Transferable[] = []): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  const arrival = once(port2, 'message');
  port1.postMessage(value, transfer);
  const [message] = await arrival;
  port1.close();
  return message as T;
}

const isSet = (voxels: ArrayLike<number>) => Array.prototype.some.call(voxels, (value) => value !== 0);

test('copies of results keep their voxels', async ({ model, volume, liver }) => {
  const path = join(folder.path, 'mask.nii.gz');
  await writeMask(path, { ...liver, data: liver.mask });
  const lesions = await classifyLesions(liver, { model });
  const synthetic = await synthesizeLesions(volume, liver, { count: [2, 2] });
  const results: [object, string][] = [
    [volume, 'data'],
    [await readMask(path), 'data'],
    [liver, 'mask'],
    [lesions, 'mask'],
    [await preprocess(volume), 'data'],
    [await preprocess(volume), 'clipped'],
    [synthetic.volume, 'data'],
    [synthetic.types, 'data'],
    [synthetic.ids, 'data'],
  ];
  for (const [result, name] of results) {
    const voxels = (value: object) => (value as Record<string, Int16Array | Uint8Array>)[name];
    const cloned = voxels(structuredClone(result));
    const sent = voxels(await posted(result));
    assert.ok(Object.keys(result).includes(name), `${result.constructor.name}.${name}`);
    assert.equal(voxels({ ...result }), voxels(result));
    assert.equal(cloned, voxels(result));
    assert.equal(sent, voxels(result));
    assert.ok(name === 'mask' && result === lesions ? cloned : isSet(cloned as ArrayLike<number>));
  }
  assert.equal(structuredClone(synthetic).volume.data, synthetic.volume.data, 'nested ones too');
});

test('what was spread or sent is taken by the calls', async ({ model, liverModel, volume, liver }) => {
  const expected = await classifyLesions(liver, { model });
  for (const copy of [{ ...liver }, structuredClone(liver), await posted(liver)]) {
    const found = await classifyLesions(copy, { model });
    assert.equal(found.mask, expected.mask);
    assert.equal(await tracePerimeters(copy), liver.perimeters);
  }
  for (const copy of [{ ...volume }, structuredClone(volume), await posted(volume)]) {
    const again = await segmentLiver(copy, { model: liverModel });
    assert.equal(again.mask, liver.mask);
  }
});

test('a result that nobody looked at stays in native memory', async ({ volume, liver }) => {
  const { mask, ...own } = Object.getOwnPropertyDescriptors(liver);
  assert.type(mask?.get, 'function', 'the voxels come when they are asked for');
  assert.ok(!Object.values(own).some(({ get }) => get), 'nothing else waits');
  for (const result of [liver, volume]) result.dispose();
  assert.is(liver.mask.length, 0);
  assert.is(volume.data.length, 0);
  assert.is({ ...liver }.mask.length, 0);
});

test('dispose detaches what was handed out', async ({ liver }) => {
  const { mask } = { ...liver };
  assert.ok(mask.length > 0);
  liver.dispose();
  assert.is(mask.length, 0);
});

test('perimeters are sent one by one', async ({ liver }) => {
  const [first, ...others] = liver.perimeters;
  assert.ok(first && others.length > 2);
  const before = others.map(({ pixels, mm }) => [pixels.length, mm.length]);
  const points = first.pixels.slice();
  const { pixels } = await posted(first, [
    first.pixels.buffer as ArrayBuffer,
    first.mm.buffer as ArrayBuffer,
  ] as Transferable[]);
  assert.equal(pixels, points);
  assert.is(first.pixels.length, 0);
  assert.equal(
    others.map(({ pixels, mm }) => [pixels.length, mm.length]),
    before,
  );
  const bytes = others.reduce((sum, { pixels, mm }) => sum + pixels.byteLength + mm.byteLength, 0);
  const held = others.reduce((sum, { pixels, mm }) => sum + pixels.buffer.byteLength + mm.buffer.byteLength, 0);
  assert.is(held, bytes, 'a copy of one does not carry all');
});

test.run();
