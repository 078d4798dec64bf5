// A worker thread that segments again and again, and posts a message for each mask.
import { parentPort, workerData } from 'node:worker_threads';
import { loadModel, preprocess, segmentLiver } from '../../src/index.js';
import { makePhantom } from './volumes.js';

const { modelPath, calls, size } = workerData as {
  modelPath: string;
  calls: number;
  size: [number, number, number];
};

const model = await loadModel(modelPath);
const volume = makePhantom({ size });
parentPort?.postMessage('started');
for (let call = 0; call < calls; call++) {
  const onProgress = ({ fraction }: { fraction: number }) => {
    if (fraction > 0.2) parentPort?.postMessage('working');
  };
  const [{ volumeMl }] = await Promise.all([
    segmentLiver(volume, { model, onProgress }),
    ...[1, 2, 3].map((threads) => preprocess(volume, { threads, onProgress: () => {} })),
  ]);
  parentPort?.postMessage(volumeMl);
}
