// A program (--expose-gc) that makes calls in its main thread and in workers, and prints what the process holds between.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { makeCalls } from './leak-calls.js';

export interface Reading {
  readonly calls: number;
  /** Bytes. */
  readonly memory: number;
  readonly files: number;
  readonly threads: number;
  /** Kinds of what keeps the event loop alive. */
  readonly handles: readonly string[];
}

const [folder = '', total = '', step = ''] = process.argv.slice(2);
const workerFile = new URL('./worker.mjs', import.meta.url);
const program = new URL('./leak-worker.ts', import.meta.url).href;
/** Rounds of calls from one worker to the next. */
const kWorkerEvery = 5;
/** ms for what has been ended to go away, on a machine that is busy with other things too. */
const kPatience = 5000;

/** A worker's whole life; resolves to how many calls it made to their end. */
function runWorker(forever: boolean): Promise<number> {
  const worker = new Worker(workerFile, { workerData: { program, folder: join(folder, 'worker'), forever } });
  let calls = 0;
  worker.on('message', (message: { calls: number }) => {
    calls += message.calls;
    if (forever) setTimeout(() => void worker.terminate(), 50);
  });
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve(calls));
  });
}

async function read(calls: number): Promise<Reading> {
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc?.();
    await nextTurn();
  }
  return {
    calls,
    memory: process.memoryUsage.rss(),
    // Without the folder's own, open while it is listed.
    files: readdirSync('/proc/self/fd').length - 1,
    threads: readdirSync('/proc/self/task').length,
    handles: process.getActiveResourcesInfo().sort(),
  };
}

/** Reads until nothing is held beyond `first` but memory, or patience ends. */
async function readAtRest(calls: number, first: Reading | undefined): Promise<Reading> {
  const deadline = performance.now() + kPatience;
  await pause(first ? 0 : 500);
  let reading = await read(calls);
  const isAbove = ({ files, threads, handles }: Reading, { files: f, threads: t, handles: h }: Reading) =>
    files > f || threads > t || handles.length > h.length;
  while (first && isAbove(reading, first) && performance.now() < deadline) {
    await pause(50);
    reading = await read(calls);
  }
  return reading;
}

const list = await makeCalls(join(folder, 'main'));
const readings: Reading[] = [];
let made = 0;
for (let round = 0; made < Number(total); round++) {
  const worker = round % kWorkerEvery === 0 ? runWorker(round % (2 * kWorkerEvery) === 0) : undefined;
  for (const call of list) await call();
  made += list.length + ((await worker) ?? 0);
  if (made >= Number(step) * (readings.length + 1)) readings.push(await readAtRest(made, readings[0]));
}
console.log(JSON.stringify(readings));
