// What is seen of a worker: lines of the log, which hold listed fields alone, and figures, which each process serves itself.
import { EventEmitter } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HepaticaError } from 'hepatica';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDeviceMemory, readDeviceMemory } from '../packages/worker/src/device-memory.js';
import { createLog, logWorker, seriesMark } from '../packages/worker/src/log.js';
import { countWorker, createMetrics } from '../packages/worker/src/metrics.js';
import type { JobQueue } from '../packages/worker/src/queue.js';
import type { SeriesWorker } from '../packages/worker/src/worker.js';
import { makeFolder } from './support/programs.js';

const test = suite('what is seen of a worker');
const kMarker = 'DOE^JANE';
const kJob = {
  id: '0123456789abcdef0123456789abcdef',
  server: 'default',
  study: '1.2.3',
  series: '1.2.3.4',
  attempt: 2,
};

function recorder(logLevel: 'debug' | 'info' = 'debug') {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({ logLevel }, { write: (line) => void lines.push(JSON.parse(line)) });
  return { log, lines };
}

/** A worker of which a test says what happens. */
function fakeWorker(running: string[] = []): SeriesWorker {
  return Object.assign(new EventEmitter(), { state: { ready: true, draining: false, running } }) as never;
}

const withoutFrame = ({ time, pid, ...rest }: Record<string, unknown>) => rest;

test('a line holds listed fields of a known form alone, whoever logs what', () => {
  const { log, lines } = recorder();
  log.info(
    { job: kJob.id, patient: kMarker, seconds: 1.5, stage: kMarker, code: 'not a code', server: `a ${kMarker}` },
    'said',
  );
  log.child({ patientName: kMarker, queue: 'hepatica' }).warn({ headers: { cookie: kMarker } }, 'child');
  log.error(new Error(`cannot read ${kMarker}`));
  log.error({ err: Object.assign(new Error(kMarker), { code: 'ECONNREFUSED' }) }, 'fault');
  log.error({ err: new HepaticaError('OUT_OF_MEMORY', kMarker, { file: `/data/${kMarker}` }) }, 'fault');
  (log.info as (...args: unknown[]) => void)('%s is not filled in', kMarker);
  assert.equal(lines.map(withoutFrame), [
    { level: 'info', job: kJob.id, seconds: 1.5, msg: 'said' },
    { level: 'warn', queue: 'hepatica', msg: 'child' },
    { level: 'error', code: 'INTERNAL_ERROR', msg: 'fault' },
    { level: 'error', code: 'INTERNAL_ERROR', errno: 'ECONNREFUSED', msg: 'fault' },
    { level: 'error', code: 'OUT_OF_MEMORY', msg: 'fault' },
    { level: 'info', msg: '%s is not filled in' },
  ]);
  assert.ok(lines.every(({ time, pid }) => Number.isFinite(Date.parse(time as string)) && pid === process.pid));
});

test('a worker is told of in lines that name the series by a hash', () => {
  const { log, lines } = recorder();
  const worker = fakeWorker();
  logWorker(log, worker);
  worker.emit('started', kJob);
  worker.emit('stageEnded', kJob, 'fetch', 0.25);
  worker.emit('completed', kJob, { slices: 60, seconds: 4 });
  worker.emit('failed', kJob, { code: 'SERVER_UNAVAILABLE', permanent: false, message: kMarker }, true);
  worker.emit('failed', kJob, { code: 'NOT_CT', permanent: true, message: kMarker, remedy: kMarker }, false);
  worker.emit('disconnected', kMarker);
  assert.equal(
    lines.map(({ level, msg }) => `${level} ${msg}`),
    [
      ...['info job started', 'debug stage ended', 'info job completed', 'warn job failed', 'error job failed'],
      'warn Redis is away',
    ],
  );
  const { series, job, attempt } = lines[0] as { series: string; job: string; attempt: number };
  assert.equal([series, job, attempt], [seriesMark('1.2.3.4'), kJob.id, 2]);
  assert.match(series, /^[0-9a-f]{12}$/);
  assert.equal([lines[1]?.stage, lines[1]?.seconds, lines[2]?.slices], ['fetch', 0.25, 60]);
  assert.not.match(JSON.stringify(lines), /1\.2\.3|DOE/);
});

const counts = { prioritized: 4, wait: 1, delayed: 2, active: 3, completed: 50, failed: 6 };
const queueOf = (getJobCounts: (...states: string[]) => Promise<object>): JobQueue =>
  ({ queue: { getJobCounts } }) as never;

test("figures of the queue are Redis' own at each look, and asked for once", async () => {
  let asked = 0;
  const queue = queueOf(async () => ({ ...counts, active: counts.active + asked++ }));
  const metrics = createMetrics(queue, { readMemory: async () => [] });
  const first = await metrics.metrics();
  assert.is(asked, 1);
  for (const [state, number] of Object.entries(counts)) {
    assert.match(first, new RegExp(`^hepatica_jobs\\{state="${state}"\\} ${number}$`, 'm'));
  }
  assert.match(first, /^hepatica_jobs_open 10$/m);
  assert.match(await metrics.metrics(), /^hepatica_jobs_open 11$/m);
});

test('while Redis is away, the queue has no figures but that', async () => {
  let isAway = true;
  const queue = queueOf(async () => {
    if (isAway) throw new Error('ECONNREFUSED');
    return counts;
  });
  const metrics = createMetrics(queue, { readMemory: async () => [] });
  const without = await metrics.metrics();
  assert.match(without, /^hepatica_queue_up 0$/m);
  assert.not.match(without, /^hepatica_jobs/m);
  isAway = false;
  const after = await metrics.metrics();
  assert.match(after, /^hepatica_queue_up 1$/m);
  assert.match(after, /^hepatica_jobs_open 10$/m);
});

test('a worker counts its stages, failures by code, slices, and the deaths that it sees', async () => {
  const metrics = createMetrics(
    queueOf(async () => counts),
    { readMemory: async () => [] },
  );
  const worker = fakeWorker([kJob.id]);
  countWorker(metrics, worker);
  worker.emit('stageEnded', kJob, 'segment', 3);
  worker.emit('stageEnded', kJob, 'segment', 5);
  worker.emit('completed', kJob, { slices: 60, seconds: 9 });
  worker.emit('failed', kJob, { code: 'SERVER_UNAVAILABLE', permanent: false, message: kMarker }, true);
  worker.emit('stalled', kJob.id);
  const text = await metrics.metrics();
  for (const line of [
    'hepatica_stage_seconds_sum{stage="segment"} 8',
    'hepatica_stage_seconds_count{stage="segment"} 2',
    'hepatica_job_seconds_sum 9',
    'hepatica_slices_total 60',
    'hepatica_job_failures_total{code="SERVER_UNAVAILABLE",retried="true"} 1',
    'hepatica_worker_deaths_total 1',
    'hepatica_worker_jobs 1',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
  assert.not.match(text, /DOE|1\.2\.3|[0-9a-f]{32}/);
});

test('memory of GPUs, as nvidia-smi tells it; none where it is missing or says something else', async () => {
  const text = '0, 1024, 81559\n1, 0, 81559\n';
  assert.equal(parseDeviceMemory(text), [
    { device: 'cuda:0', usedBytes: 2 ** 30, totalBytes: 81559 * 2 ** 20 },
    { device: 'cuda:1', usedBytes: 0, totalBytes: 81559 * 2 ** 20 },
  ]);
  assert.equal(parseDeviceMemory('NVIDIA-SMI has failed\n[N/A], [N/A], 3\n'), []);
  assert.equal(await readDeviceMemory('no-such-program'), []);
  const folder = makeFolder();
  try {
    const program = join(folder.path, 'nvidia-smi');
    writeFileSync(program, `#!/bin/sh\n[ "$2" = --format=csv,noheader,nounits ] && printf '0, 512, 1024\\n'\n`);
    chmodSync(program, 0o755);
    const metrics = createMetrics(
      queueOf(async () => counts),
      { readMemory: () => readDeviceMemory(program) },
    );
    const figures = await metrics.metrics();
    assert.match(figures, /^hepatica_device_memory_bytes\{device="cuda:0",kind="used"\} 536870912$/m);
  } finally {
    folder.remove();
  }
});

test.run();
