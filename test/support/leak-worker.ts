// A worker thread that makes each call of leak-calls.ts once and posts how many it made; or `forever`, until it is ended.
import { parentPort, workerData } from 'node:worker_threads';
import { makeCalls } from './leak-calls.js';

const { folder, forever } = workerData as { folder: string; forever: boolean };

const calls = await makeCalls(folder);
do {
  parentPort?.postMessage({ calls: 0 });
  // At once, so that some are in flight whenever the thread is ended.
  if (forever) await Promise.all(calls.map((call) => call()));
  else for (const call of calls) await call();
} while (forever);
parentPort?.postMessage({ calls: calls.length });
