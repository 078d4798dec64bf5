import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preprocess } from '../src/index.js';
import type { VolumeInput } from '../src/types.js';

// Hides every GPU from this process; the driver is asked at the first call that could use one.
process.env.CUDA_VISIBLE_DEVICES = '-1';

const volume: VolumeInput = {
  data: new Int16Array(33 * 17 * 3).map((_, i) => ((i * 37) % 700) - 200),
  size: [33, 17, 3],
  spacing: [1, 1, 5],
  origin: [0, 0, 0],
  direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
};

test('without a GPU, device auto falls back to the CPU and says so', async () => {
  const automatic = await preprocess(volume, { device: 'auto' });
  const onCpu = await preprocess(volume, { device: 'cpu' });
  assert.is(automatic.device, 'cpu');
  assert.ok(automatic.data.some((value) => value > 0));
  assert.equal(automatic.data, onCpu.data);
});

test('without a GPU, device cuda is refused by a typed error', async () => {
  const error = await preprocess(volume, { device: 'cuda' }).then(
    () => null,
    (reason: { code?: string; remedy?: string }) => reason,
  );
  assert.is(error?.code, 'NO_CUDA_DEVICE');
  assert.ok(error?.remedy);
});

test.run();
