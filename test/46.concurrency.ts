import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configure, deviceInfo, loadModel, preprocess, segmentLiver } from '../src/index.js';
import { writeThresholdModel } from './support/models.js';
import { codeArguments, kIndex, makeFolder, runCode } from './support/programs.js';
import { makePhantom, widenedOrgan } from './support/volumes.js';

const folder = makeFolder();
const fast = writeThresholdModel(join(folder.path, 'fast.safetensors'));
const slow = writeThresholdModel(join(folder.path, 'slow.safetensors'), 5);
const workerFile = new URL('./support/worker.mjs', import.meta.url);

const test = suite('concurrency');
test.after(() => folder.remove());

function startWorker(modelPath: string, calls: number, size: readonly [number, number, number]): Worker {
  return new Worker(workerFile, { workerData: { modelPath, calls, size } });
}

/** What a worker posts, until it exits. */
function messagesOf(worker: Worker): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    worker.on('error', reject);
    worker.on('exit', () => resolve(messages));
  });
}

test('several calls in flight give what they give alone', async () => {
  const model = await loadModel(fast);
  const volumes = [1, 2, 3, 4, 5].map((n) => makePhantom({ organCentre: [20 + 3 * n, 25, 6], organRadius: 2 + n }));
  const calls = volumes.flatMap((volume) => [segmentLiver(volume, { model }), preprocess(volume)] as const);
  const results = await Promise.all(calls);
  for (const [index, volume] of volumes.entries()) {
    assert.equal((results[2 * index] as Awaited<ReturnType<typeof segmentLiver>>).mask, widenedOrgan(volume));
  }
});

test('an abort of one call leaves the others alone', async () => {
  const model = await loadModel(slow);
  const volume = makePhantom({ size: [64, 64, 20], organRadius: 10 });
  const controller = new AbortController();
  const calls = [0, 1, 2].map((n) => segmentLiver(volume, { model, ...(n === 1 && { signal: controller.signal }) }));
  setTimeout(() => controller.abort('no more'), 20);
  const [first, second, third] = await Promise.allSettled(calls);
  assert.equal(second, { status: 'rejected', reason: 'no more' });
  assert.is(first?.status, 'fulfilled');
  assert.is(third?.status, 'fulfilled');
});

test('calls over the bound wait, are seen waiting, and can be aborted meanwhile', async () => {
  const model = await loadModel(slow);
  const volume = makePhantom({ size: [64, 64, 20], organRadius: 10 });
  const { concurrency } = (await deviceInfo()).jobs;
  assert.ok(concurrency >= 2);
  await configure({ concurrency: 1 });
  try {
    const controller = new AbortController();
    const calls = [0, 1, 2, 3].map((n) =>
      segmentLiver(volume, { model, ...(n === 3 && { signal: controller.signal }) }),
    );
    const settled = Promise.allSettled(calls);
    const seen = [];
    for (let done = false; !done; ) {
      seen.push((await deviceInfo()).jobs);
      if (seen.at(-1)?.waiting === 3) controller.abort('no more');
      done = await Promise.race([settled.then(() => true), new Promise<boolean>((go) => setTimeout(go, 2, false))]);
    }
    assert.ok(seen.some(({ waiting }) => waiting === 3));
    assert.ok(seen.every((jobs) => jobs.running <= 1 && jobs.concurrency === 1));
    const statuses = (await settled).map(({ status }) => status);
    assert.equal(statuses, ['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  } finally {
    await configure({ concurrency });
  }
  assert.equal((await deviceInfo()).jobs, { concurrency, running: 0, waiting: 0 });
});

test('a bound that is none is refused', async () => {
  for (const concurrency of [0, 1.5, 1025, Number.NaN]) {
    const error = await configure({ concurrency }).catch((refused) => refused);
    assert.is(error.code, 'INVALID_ARGUMENT');
    assert.is(error.field, 'concurrency');
  }
});

test('two workers and the main thread compute at once', async () => {
  const size = [64, 56, 12] as const;
  const workers = [startWorker(fast, 3, size), startWorker(fast, 3, size)];
  const model = await loadModel(fast);
  const own = await segmentLiver(makePhantom({ size }), { model });
  for (const messages of await Promise.all(workers.map(messagesOf))) {
    const volumesMl = messages.filter((message) => typeof message === 'number');
    assert.equal(volumesMl, [own.volumeMl, own.volumeMl, own.volumeMl]);
  }
});

test('a worker that is terminated in flight leaves the process whole', async () => {
  const model = await loadModel(fast);
  for (let round = 0; round < 5; round++) {
    const worker = startWorker(slow, 100, [96, 96, 40]);
    await new Promise((resolve) => worker.on('message', (message) => message === 'working' && resolve(message)));
    await worker.terminate();
    assert.ok((await segmentLiver(makePhantom(), { model })).volumeMl > 0);
  }
});

/** A program that starts slow segmentations and then does `next`. */
const inFlight = (next: string) => `
  const { makePhantom } = await import(${JSON.stringify(kIndex.replace('src/index.ts', 'test/support/volumes.ts'))});
  const model = await hepatica.loadModel(${JSON.stringify(slow)});
  const volume = makePhantom({ size: [96, 96, 40] });
  let began;
  const working = new Promise((resolve) => { began = resolve; });
  for (let i = 0; i < 2; i++) {
    hepatica.segmentLiver(volume, { model, onProgress: ({ fraction }) => fraction > 0.2 && began() }).catch(() => {});
  }
  await working;
  ${next}`;

test('process.exit() in flight exits with its code', async () => {
  const { exitCode, signal, stderr } = await runCode(inFlight('process.exit(7);'));
  assert.equal({ exitCode, signal, stderr }, { exitCode: 7, signal: null, stderr: '' });
});

test('process.exit() while a worker computes exits with its code', async () => {
  const { exitCode, signal, stderr } = await runCode(`
    const { Worker } = await import('node:worker_threads');
    const workerData = { modelPath: ${JSON.stringify(slow)}, calls: 100, size: [96, 96, 40] };
    const worker = new Worker(${JSON.stringify(workerFile.href)}.replace('file://', ''), { workerData, execArgv: [] });
    worker.on('message', (message) => message === 'working' && process.exit(7));`);
  assert.equal({ exitCode, signal, stderr }, { exitCode: 7, signal: null, stderr: '' });
});

test('an uncaught error in flight ends the program as usual', async () => {
  const { exitCode, signal, stderr } = await runCode(inFlight("throw new Error('on purpose');"));
  assert.equal({ exitCode, signal }, { exitCode: 1, signal: null });
  assert.match(stderr, 'on purpose');
});

/** Root is not bound by the limit on threads: of no other program, that its threads alone count. */
const kUser = 61234;

/** A program that may start no more threads until its limit is lifted. */
const threadless = `
  const { makePhantom } = await import(${JSON.stringify(kIndex.replace('src/index.ts', 'test/support/volumes.ts'))});
  const limitThreads = (none) => new Promise((resolve) => {
    process.once('message', resolve);
    process.send({ none });
  });
  const volume = makePhantom();
  const before = await hepatica.preprocess(volume);
  const scan = { ...volume, data: volume.data.slice() };
  if (process.getuid() === 0) process.setuid(${kUser});
  const outcomes = [];
  for (const none of [true, false, true, false]) {
    await limitThreads(none);
    outcomes.push(await hepatica.preprocess(scan).then(
      ({ data }) => Buffer.compare(data, before.data),
      (error) => [error.constructor.name, error.code, Boolean(error.remedy)].join(' '),
    ));
  }
  console.log(outcomes.join());
  process.disconnect();`;

test('where the system starts no thread for a call, it says so, and the next one computes', async () => {
  // A process sets the limits of another one where both are the same user's.
  const user = process.getuid?.() === 0 ? { uid: kUser } : {};
  const prlimit = (...args: string[]) => spawnSync('prlimit', args, { encoding: 'utf8', ...user });
  if (prlimit('--version').status !== 0) {
    console.log('skipped: no prlimit');
    return;
  }
  const child = spawn(process.execPath, codeArguments(threadless), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const pid = String(child.pid);
  child.on('message', (message) => {
    const { none } = message as { none: boolean };
    const { stderr } = prlimit('--pid', pid, `--nproc=${none ? 0 : 4096}:`);
    assert.is(stderr, '');
    child.send('limited');
  });
  const refused = 'HepaticaError OUT_OF_THREADS true';
  assert.is(await text(child.stdout as Readable), `${refused},0,${refused},0\n`);
});

test('a program ends by itself when its calls have ended', async () => {
  const code = inFlight("await new Promise((resolve) => setTimeout(resolve, 10)); console.log('end');");
  const { exitCode, stdout } = await runCode(code);
  assert.equal({ exitCode, stdout }, { exitCode: 0, stdout: 'end\n' });
});

test.run();
