/** The queue of jobs, by BullMQ: adding, looking at, cancelling. */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, type Job, type JobsOptions, Queue, QueueEventsProducer } from 'bullmq';
import { textOf, type WorkerConfig } from './config.js';
import { type Failure, parseFailedReason } from './failure.js';
import { type JobProgress, type JobResult, jobIdOf, kPriorities, type SeriesJob } from './job.js';

/** BullMQ's name of every job of the queue. */
export const kJobName = 'series';

/** The event by which a worker is told that its job is cancelled. */
export const kCancelEvent = 'hepatica:cancel';

const kRedisPort = 6379;

/** What the queue keeps of a job: what it was asked for, and whether nobody wants it any more. */
export type JobData = SeriesJob & { readonly cancelled?: boolean };

/** BullMQ's. */
export type JobState =
  | 'waiting'
  | 'prioritized'
  | 'delayed'
  | 'active'
  | 'completed'
  | 'failed'
  | 'waiting-children'
  | 'unknown';

/** A job as it is at a moment. */
export interface JobStatus {
  /** Follows from the series and the options. */
  readonly id: string;
  /** What was asked for. */
  readonly job: SeriesJob;
  /** Where in the queue it is. */
  readonly state: JobState;
  /** How far it is; null before it begins. */
  readonly progress: JobProgress | null;
  /** Tries that ended. */
  readonly attempts: number;
  /** Null until it ended well. */
  readonly result: JobResult | null;
  /** Of the last try. */
  readonly failure: Failure | null;
}

/** What adding a job came to. */
export interface AddedJob {
  /** Of the job that is in the queue now. */
  readonly id: string;
  /** Whether the queue had the job already. */
  readonly existed: boolean;
}

function redisTls({ redis, redisCaFile, redisCertFile, redisKeyFile }: WorkerConfig) {
  if (!redis.startsWith('rediss:')) return {};
  return {
    tls: {
      ...(redisCaFile && { ca: readFileSync(redisCaFile) }),
      ...(redisCertFile && { cert: readFileSync(redisCertFile) }),
      ...(redisKeyFile && { key: readFileSync(redisKeyFile) }),
    },
  };
}

/** How Redis is reached; commands wait while it is away. */
export function redisConnection(config: WorkerConfig): ConnectionOptions {
  const { redis, redisPasswordFile } = config;
  // Not as `url`: of rediss:// ioredis makes TLS of its own, which knows none of the certificates.
  const { hostname, port, username, pathname } = new URL(redis);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || kRedisPort,
    db: Number(pathname.slice(1)) || 0,
    ...(username && { username: decodeURIComponent(username) }),
    ...(redisPasswordFile && { password: textOf(redisPasswordFile) }),
    ...redisTls(config),
    maxRetriesPerRequest: null,
  };
}

/** The later of two moments; undefined: never. */
function laterOf(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  return Date.parse(one) >= Date.parse(other) ? one : other;
}

function jobOptions(config: WorkerConfig, id: string, { priority }: SeriesJob): JobsOptions {
  const { attempts, backoffSeconds, keepHours, keepJobs } = config;
  const kept = { age: keepHours * 3600, count: keepJobs };
  return {
    jobId: id,
    priority: kPriorities[priority],
    attempts,
    backoff: { type: 'custom', delay: backoffSeconds * 1000 },
    removeOnComplete: kept,
    removeOnFail: { age: kept.age * 30, count: kept.count * 10 },
    stackTraceLimit: 0,
  };
}

/** The queue as those see it who ask for work. */
export class JobQueue {
  readonly #config: WorkerConfig;
  readonly #events: QueueEventsProducer;
  /** BullMQ's own, for counts, its board and its events. */
  readonly queue: Queue<JobData, JobResult>;

  constructor(config: WorkerConfig) {
    this.#config = config;
    const connection = redisConnection(config);
    this.queue = new Queue(config.queue, { connection });
    this.#events = new QueueEventsProducer(config.queue, { connection });
    // Connections come back by themselves; unheard, their errors would be printed. `/ready` tells that Redis is away.
    this.queue.on('error', () => undefined);
    this.#events.on('error', () => undefined);
  }

  /**
   * Asks for a series to be looked at. A job that waits, runs or ended well is not added anew; where it waits it is hurried
   * where the new priority is higher, and has the later of the deadlines. One that failed or was cancelled is tried again;
   * one that is just being ended by its worker is answered as it is. `again`: as if it had never been there.
   */
  async add(job: SeriesJob, { again = false } = {}): Promise<AddedJob> {
    const id = jobIdOf(job);
    const found = await this.queue.getJob(id);
    const state = await found?.getState();
    if (found && state !== 'active' && (again || found.data.cancelled || state === 'failed')) {
      await found.remove();
    } else if (found) {
      if (state === 'prioritized' || state === 'delayed') await this.#join(found, state, job);
      return { id, existed: true };
    }
    await this.queue.add(kJobName, job, jobOptions(this.#config, id, job));
    return { id, existed: false };
  }

  /** What waits serves both who asked for it. */
  async #join(found: Job<JobData, JobResult>, state: JobState, { priority, deadline }: SeriesJob): Promise<void> {
    const isSooner = state === 'prioritized' && kPriorities[priority] < found.priority;
    const { deadline: present, ...data } = found.data;
    const later = laterOf(present, deadline);
    if (!isSooner && later === present) return;
    await found.updateData({
      ...data,
      ...(isSooner && { priority }),
      ...(later !== undefined && { deadline: later }),
    });
    if (isSooner) await found.changePriority({ priority: kPriorities[priority] });
  }

  /** The job as it is now; null where the queue has none of that id. */
  async get(id: string): Promise<JobStatus | null> {
    const found = await this.queue.getJob(id);
    if (!found) return null;
    const { cancelled: _, ...job } = found.data;
    return {
      id,
      job,
      state: await found.getState(),
      progress: typeof found.progress === 'object' ? (found.progress as JobProgress) : null,
      attempts: found.attemptsMade,
      result: found.returnvalue ?? null,
      failure: found.failedReason ? parseFailedReason(found.failedReason) : null,
    };
  }

  /** False where there is no such job, or it is over. A running one ends as soon as its worker hears of it. */
  async cancel(id: string): Promise<boolean> {
    const found = await this.queue.getJob(id);
    if (!found || (await found.isCompleted()) || (await found.isFailed())) return false;
    // A worker that does not hear the event, or dies, leaves a job that the next one does not start.
    await found.updateData({ ...found.data, cancelled: true });
    await this.#events.publishEvent({ eventName: kCancelEvent, jobId: id });
    return true;
  }

  /** Ends the connections to Redis. */
  async close(): Promise<void> {
    await Promise.all([this.queue.close(), this.#events.close()]);
  }
}
