/**
 * Figures for Prometheus. Each process serves its own; those of the queue come from Redis, and are the same from all: take
 * their maximum, not their sum.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { readDeviceMemory } from './device-memory.js';
import type { JobQueue } from './queue.js';
import { within } from './within.js';
import type { SeriesWorker } from './worker.js';

/** As BullMQ calls them. `prioritized` are those that wait: every job has a priority. */
const kStates = ['wait', 'prioritized', 'delayed', 'active', 'completed', 'failed'] as const;
/** Those that somebody still has to do something for: what the number of workers follows. */
const kOpen = ['wait', 'prioritized', 'delayed', 'active'] as const;

const kStageBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600];

/** A scrape must be answered while Redis is away. */
const kCountsTimeoutMs = 2000;

type Counts = Readonly<Partial<Record<string, number>>>;

const countsOf = ({ queue }: JobQueue): Promise<Counts | null> =>
  within(kCountsTimeoutMs, queue.getJobCounts(...kStates), () => null).catch(() => null);

/** Figures of one scrape ask Redis once. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= read().finally(() => {
      running = null;
    });
    return running;
  };
}

function addQueueFigures(registry: Registry, queue: JobQueue): void {
  const counts = shared(() => countsOf(queue));
  const registers = [registry];
  new Gauge({
    name: 'hepatica_jobs',
    help: 'Jobs of the queue by state',
    labelNames: ['state'],
    registers,
    async collect() {
      const known = (await counts()) ?? {};
      this.reset();
      for (const [state, number] of Object.entries(known)) this.set({ state }, number ?? 0);
    },
  });
  new Gauge({
    name: 'hepatica_jobs_open',
    help: 'Jobs that wait, run, or are to be tried again: what the number of workers follows',
    registers,
    async collect() {
      const known = await counts();
      // Nothing rather than what was true a while ago.
      if (known === null) return this.remove();
      this.set(kOpen.reduce((sum, state) => sum + (known[state] ?? 0), 0));
    },
  });
  new Gauge({
    name: 'hepatica_queue_up',
    help: '1 where Redis answers',
    registers,
    async collect() {
      this.set((await counts()) === null ? 0 : 1);
    },
  });
}

function addDeviceFigures(registry: Registry, read: typeof readDeviceMemory): void {
  new Gauge({
    name: 'hepatica_device_memory_bytes',
    help: 'Memory of the GPUs; none where nvidia-smi is missing',
    labelNames: ['device', 'kind'],
    registers: [registry],
    async collect() {
      const memory = await read();
      this.reset();
      for (const { device, usedBytes, totalBytes } of memory) {
        this.set({ device, kind: 'used' }, usedBytes);
        this.set({ device, kind: 'total' }, totalBytes);
      }
    },
  });
}

/** @param options.readMemory - of the GPUs, asked at each scrape */
export function createMetrics(queue: JobQueue, { readMemory = readDeviceMemory } = {}): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addQueueFigures(registry, queue);
  addDeviceFigures(registry, readMemory);
  return registry;
}

/** Counts what a worker does. */
export function countWorker(registry: Registry, worker: SeriesWorker): void {
  const registers = [registry];
  const stages = new Histogram({
    name: 'hepatica_stage_seconds',
    help: 'Seconds of a stage of a job',
    labelNames: ['stage'],
    buckets: kStageBuckets,
    registers,
  });
  const seconds = new Histogram({
    name: 'hepatica_job_seconds',
    help: 'Seconds of a job',
    buckets: kStageBuckets,
    registers,
  });
  const failures = new Counter({
    name: 'hepatica_job_failures_total',
    help: 'Tries that failed, by code; retried: the job comes back',
    labelNames: ['code', 'retried'],
    registers,
  });
  const slices = new Counter({ name: 'hepatica_slices_total', help: 'Slices of jobs that ended well', registers });
  const deaths = new Counter({
    name: 'hepatica_worker_deaths_total',
    help: 'Jobs of workers that died, as this one saw it',
    registers,
  });
  new Gauge({
    name: 'hepatica_worker_jobs',
    help: 'Jobs that this worker has in hand',
    registers,
    collect() {
      this.set(worker.state.running.length);
    },
  });
  worker.on('stageEnded', (_job, stage, elapsed) => stages.observe({ stage }, elapsed));
  worker.on('completed', (_job, facts) => {
    seconds.observe(facts.seconds);
    slices.inc(facts.slices);
  });
  worker.on('failed', (_job, { code }, retried) => failures.inc({ code, retried: String(retried) }));
  worker.on('stalled', () => deaths.inc());
}
