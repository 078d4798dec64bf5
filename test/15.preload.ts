import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deviceInfo, InvalidArgumentError, loadModel, preload, segmentLiver } from '../src/index.js';
import { liverModel } from '../src/models/model.js';
import { loadedNative } from '../src/native/load.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

const folder = makeFolder();
const test = suite('preload');
test.after(() => folder.remove());

test('the native part and the weights that come with the package are there before the first call', async () => {
  assert.is(loadedNative(), undefined);
  const stages: string[] = [];
  const preloaded = await preload({ onProgress: ({ stage }) => stages.push(stage) });
  assert.ok(loadedNative());
  // A promise where a call would still have to wait for its weights.
  assert.not.instance(liverModel(), Promise);
  assert.ok(stages.includes('preloading'));
  assert.ok(preloaded.milliseconds > 0);
  const { cpu, cuda } = await deviceInfo();
  const { device, precision } = await segmentLiver(makePhantom());
  assert.is(preloaded.device, device);
  assert.is(preloaded.precision, precision);
  if (!cuda.networks) assert.is(precision, cpu.bf16 ? 'bf16' : 'fp32');
});

test('models of the caller are preloaded for the precision that is asked for', async () => {
  const model = await loadModel(writeThresholdModel(join(folder.path, 'model.safetensors')));
  const { device, precision } = await preload({ models: [model], device: 'cpu', precision: 'fp32' });
  assert.equal({ device, precision }, { device: 'cpu', precision: 'fp32' });
});

test('what is no model, and no device, is refused', async () => {
  for (const options of [{ models: [] }, { models: [{}] }, { device: 'gpu' }, { device: 'cuda:64' }]) {
    const { message } = await rejection(preload(options as never), InvalidArgumentError, 'INVALID_ARGUMENT');
    assert.match(message, /^Expected (models|model|device) to be /);
  }
});

test.run();
