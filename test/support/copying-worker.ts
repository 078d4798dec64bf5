// A worker thread that copies arrays into native memory without end.
import { parentPort } from 'node:worker_threads';
import { deviceInfo, preprocess } from '../../src/index.js';
import { makePhantom } from './volumes.js';

const volume = makePhantom({ size: [512, 512, 40] });
await deviceInfo();
parentPort?.postMessage('copying');
for (;;) {
  const controller = new AbortController();
  const copies = [1, 2, 3].map(() => preprocess(volume, { signal: controller.signal, onProgress: () => {} }));
  setTimeout(() => controller.abort(), 15);
  await Promise.allSettled(copies);
}
