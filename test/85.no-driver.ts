import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  DeviceError,
  deviceInfo,
  loadModel,
  type Model,
  preload,
  preprocess,
  renderFilters,
  segmentLiver,
} from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { makeFolder } from './support/programs.js';
import { rejection } from './support/rejections.js';
import { makePhantom } from './support/volumes.js';

// Hides every GPU from this process; the driver is asked at the first call that could use one.
process.env.CUDA_VISIBLE_DEVICES = '-1';

const volume = makePhantom();
const folder = makeFolder();
const test = suite<{ model: Model }>('without a GPU');
test.before(async (context) => {
  context.model = await loadModel(writeThresholdModel(join(folder.path, 'model.safetensors')));
});
test.after(() => folder.remove());

test('preprocess: device auto falls back to the CPU and says so', async () => {
  const automatic = await preprocess(volume, { device: 'auto' });
  const onCpu = await preprocess(volume, { device: 'cpu' });
  assert.is(automatic.device, 'cpu');
  assert.ok(automatic.data.some((value) => value > 0));
  assert.equal(automatic.data, onCpu.data);
});

test('segmentLiver: device auto falls back to the CPU and says so', async ({ model }) => {
  const automatic = await segmentLiver(volume, { model, device: 'auto' });
  const onCpu = await segmentLiver(volume, { model, device: 'cpu' });
  assert.is(automatic.device, 'cpu');
  assert.ok(automatic.volumeMl > 0);
  assert.equal(automatic.mask, onCpu.mask);
  // Told where a driver is installed, which this process is not shown a GPU by.
  const { cuda } = await deviceInfo();
  for (const { code, message } of automatic.warnings) {
    if (code === 'GPU_NOT_USED') assert.match(message, cuda.networksReason);
  }
});

test('device cuda is refused by a typed error', async ({ model }) => {
  // One after the other: a call that is refused before the test looks at it would end the process.
  const calls = [
    () => preprocess(volume, { device: 'cuda' }),
    () => segmentLiver(volume, { model, device: 'cuda' }),
    () => segmentLiver(volume, { model, device: 'cuda:1' }),
    () => preload({ models: [model], device: 'cuda' }),
    () => renderFilters(model, volume, { device: 'cuda' }),
  ];
  for (const call of calls) {
    assert.ok((await rejection(call(), DeviceError, 'NO_CUDA_DEVICE')).remedy);
  }
});

test("tf32 is a GPU's: the CPU refuses it by a typed error", async ({ model }) => {
  const call = segmentLiver(volume, { model, device: 'cpu', precision: 'tf32' });
  assert.match((await rejection(call, DeviceError, 'UNSUPPORTED_PRECISION')).message, 'tf32');
});

test.run();
