/** A worker: takes jobs from the queue, one process a device. */
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DelayedError,
  isNotConnectionError,
  type Job,
  QueueEvents,
  UnrecoverableError,
  WaitingError,
  Worker,
} from 'bullmq';
import { serversOf, type WorkerConfig } from './config.js';
import { DicomWebServer } from './dicomweb.js';
import type { JobFacts, WorkerEvents } from './events.js';
import { failedReasonOf, failureOf, parseFailedReason, WorkerError } from './failure.js';
import { type JobProgress, type JobResult, jobSchema, type SeriesJob, type Stage } from './job.js';
import { loadNetworks } from './networks.js';
import { type JobData, kCancelEvent, redisConnection } from './queue.js';
import { kGiveBack, kLost, RunningJob } from './running-job.js';
import { fractionOf, SeriesPipeline } from './series.js';
import { within } from './within.js';

type QueuedJob = Job<JobData, JobResult>;

/** What `/health` and `/ready` are answered by. */
export interface WorkerState {
  /** The networks are loaded, the queue answers, and the worker takes jobs. */
  readonly ready: boolean;
  /** SIGTERM came: no further job is taken. */
  readonly draining: boolean;
  /** Ids of the jobs that run. */
  readonly running: readonly string[];
}

const kLongestBackoffMs = 600_000;
/** How often the queue is told of progress within a stage. */
const kProgressMs = 1000;
/** How long a job waits that must not run beside one that is suspected of killing workers. */
const kBesideSuspectMs = 1000;

/** How long the queue may take to hear that a worker ends. */
const kCloseMs = 3000;

/** With half of it at random, so that a hundred jobs do not ask a server that came back at once. */
function backoffMs(
  attemptsMade: number,
  _type?: string,
  _error?: Error,
  job?: { opts: { backoff?: unknown } },
): number {
  const { delay = 5000 } = (job?.opts.backoff ?? {}) as { delay?: number };
  return Math.min(kLongestBackoffMs, delay * 2 ** (attemptsMade - 1)) * (0.5 + Math.random() / 2);
}

function factsOf(job: QueuedJob): JobFacts {
  const { server, study, series } = job.data;
  return { id: job.id as string, server, study, series, attempt: job.attemptsMade + 1 };
}

/** Takes jobs from the queue and computes on one device; tells {@link WorkerEvents}. */
export class SeriesWorker extends EventEmitter<WorkerEvents> {
  readonly #servers: ReadonlyMap<string, DicomWebServer>;
  readonly #running = new Map<string, RunningJob>();
  #worker: Worker<JobData, JobResult> | undefined;
  #events: QueueEvents | undefined;
  #pipeline: SeriesPipeline | undefined;
  /** The job that is alone in this process, as an earlier worker died with it. */
  #suspect: string | undefined;
  /** Until the contrary is known. */
  #isConnected = true;
  #isStarted = false;
  #draining: Promise<void> | undefined;

  constructor(
    /** As it was given. */
    readonly config: WorkerConfig,
  ) {
    super();
    const servers = Object.entries(serversOf(config));
    this.#servers = new Map(servers.map(([name, server]) => [name, new DicomWebServer(name, server)]));
  }

  /** Whether it takes jobs, and which run. */
  get state(): WorkerState {
    const draining = this.#draining !== undefined;
    return { ready: this.#isStarted && this.#isConnected && !draining, draining, running: [...this.#running.keys()] };
  }

  /** Loads the networks, then takes jobs. */
  async start(): Promise<void> {
    const { preloaded, ...networks } = await loadNetworks(this.config);
    this.#pipeline = await SeriesPipeline.create(this.config, networks);
    const { queue, concurrency, leaseSeconds, maxDeaths } = this.config;
    const connection = redisConnection(this.config);
    this.#worker = new Worker(queue, (job, token, signal) => this.#process(job, token, signal), {
      ...{ connection, concurrency, autorun: false },
      lockDuration: leaseSeconds * 1000,
      stalledInterval: leaseSeconds * 1000,
      maxStalledCount: maxDeaths - 1,
      settings: { backoffStrategy: backoffMs },
    });
    this.#events = new QueueEvents(queue, { connection });
    this.#listen(this.#worker, this.#events);
    await this.#worker.waitUntilReady();
    this.#isConnected = true;
    this.#isStarted = true;
    this.#worker.run().catch((error: Error) => this.emit('fault', error));
    const { device, precision, milliseconds } = preloaded;
    this.emit('ready', { device, precision, seconds: milliseconds / 1000 });
  }

  /** Takes no further job; those that run may go on for the grace time, and are given back then. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  async #drain(): Promise<void> {
    const ended = this.#worker?.close() ?? Promise.resolve();
    const grace = new AbortController();
    sleep(this.config.graceSeconds * 1000, undefined, { signal: grace.signal }).then(
      () => {
        for (const job of this.#running.values()) job.giveBack();
      },
      () => {},
    );
    // Where Redis is away, its locks run out, and the jobs go back without a word of ours.
    await within(this.config.graceSeconds * 1000 + kCloseMs, ended, () => undefined);
    grace.abort();
    await within(kCloseMs, this.#events?.close() ?? Promise.resolve(), () => undefined);
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }

  #listen(worker: Worker<JobData, JobResult>, events: QueueEvents): void {
    worker.on('error', (error) => this.#troubled(error));
    events.on('error', (error) => this.#troubled(error));
    // BullMQ's worker tells of its first connection alone.
    const backend = worker.getBackend();
    backend.on('close', () => this.#lost('the connection ended'));
    backend.on('ready', () => this.#found());
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#running.get(id)?.lose();
    });
    worker.on('stalled', (id) => this.emit('stalled', id));
    worker.on('failed', (job, error) => {
      // Only of those that were set aside: the others are told of where they fail.
      if (job && !this.#running.has(job.id as string) && error.message.includes('stalled')) {
        this.emit('failed', factsOf(job), parseFailedReason(error.message), false);
      }
    });
    const onCancel = ({ jobId }: { jobId: string }) => worker.cancelJob(jobId);
    events.on(kCancelEvent as 'active', onCancel);
  }

  #troubled(error: Error): void {
    if (this.#isStarted && isNotConnectionError(error)) this.emit('fault', error);
    else if (!this.#isStarted) this.#lost(error.message);
  }

  #lost(reason: string): void {
    if (this.#isConnected && !this.#draining) this.emit('disconnected', reason);
    this.#isConnected = false;
  }

  #found(): void {
    if (!this.#isConnected && this.#isStarted) this.emit('reconnected');
    this.#isConnected = true;
  }

  async #process(job: QueuedJob, token: string | undefined, cancelled: AbortSignal | undefined): Promise<JobResult> {
    const id = job.id as string;
    await this.#takeTurn(job, token);
    const facts = factsOf(job);
    const started = performance.now();
    let running: RunningJob | undefined;
    try {
      const asked = this.#checked(job.data);
      running = new RunningJob(asked, this.config.maxMinutes, cancelled);
      this.#running.set(id, running);
      this.emit('started', facts);
      const result = await this.#look(job, asked, facts, running.signal);
      this.emit('completed', facts, { slices: result.slices, seconds: (performance.now() - started) / 1000 });
      return result;
    } catch (error) {
      throw await this.#failed(job, token, facts, error);
    } finally {
      running?.end();
      this.#running.delete(id);
      if (this.#suspect === id) this.#suspect = undefined;
    }
  }

  /**
   * A job that an earlier worker died with is alone, so that it takes no other with it; until it is over, others are put
   * off.
   */
  async #takeTurn(job: QueuedJob, token: string | undefined): Promise<void> {
    if (this.#suspect !== undefined) {
      await job.moveToDelayed(Date.now() + kBesideSuspectMs, token);
      throw new DelayedError();
    }
    if (job.stalledCounter === 0) return;
    this.#suspect = job.id;
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  #checked({ cancelled, ...data }: JobData): SeriesJob {
    const { data: asked, error } = jobSchema.safeParse(data);
    if (!asked) throw new WorkerError('INVALID_JOB', `The job is none: ${error.issues[0]?.path.join('.')} is wrong`);
    if (cancelled) throw new WorkerError('JOB_CANCELLED', 'The job was cancelled');
    return asked;
  }

  #look(job: QueuedJob, asked: SeriesJob, facts: JobFacts, signal: AbortSignal): Promise<JobResult> {
    const server = this.#servers.get(asked.server);
    if (!server) {
      const known = [...this.#servers.keys()].join(', ') || 'none';
      const remedy = `Name one that the worker's configuration has: ${known}`;
      throw new WorkerError('UNKNOWN_SERVER', `The configuration has no server ${asked.server}`, remedy);
    }
    const tell = this.#progressOf(job);
    return (this.#pipeline as SeriesPipeline).run(server, asked, {
      signal,
      onStage: (stage, fraction, seconds) => {
        if (fraction === 0) this.emit('stageStarted', facts, stage);
        if (fraction === 1) this.emit('stageEnded', facts, stage, seconds);
        tell(stage, fraction);
      },
    });
  }

  /** Tells the queue of each stage, and now and then how far it is; one call at a time, as Redis may be away. */
  #progressOf(job: QueuedJob): (stage: Stage, fraction: number) => void {
    let told: JobProgress | undefined;
    let toldAt = 0;
    let busy = false;
    return (stage, fraction) => {
      if (busy || (stage === told?.stage && Date.now() - toldAt < kProgressMs)) return;
      told = { stage, fraction: fractionOf(stage, fraction) };
      toldAt = Date.now();
      busy = true;
      job
        .updateProgress(told)
        .catch(() => {})
        .finally(() => {
          busy = false;
        });
    };
  }

  /** What BullMQ is to be thrown. */
  async #failed(job: QueuedJob, token: string | undefined, facts: JobFacts, error: unknown): Promise<Error> {
    if (error === kGiveBack || error === kLost) {
      if (error === kGiveBack) await job.moveToWait(token);
      this.emit('returned', facts);
      return new WaitingError();
    }
    const failure = failureOf(error);
    const retried = !failure.permanent && facts.attempt < (job.opts.attempts ?? 1);
    this.emit('failed', facts, failure, retried);
    const reason = failedReasonOf(failure);
    return failure.permanent ? new UnrecoverableError(reason) : new Error(reason);
  }
}
