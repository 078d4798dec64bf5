/** The HTTP front of a process, as the configuration says. */
import { QueueEvents } from 'bullmq';
import type { Logger } from 'pino';
import { serversOf, type WorkerConfig } from '../config.js';
import { countWorker, createMetrics } from '../metrics.js';
import { type JobQueue, redisConnection } from '../queue.js';
import { within } from '../within.js';
import type { SeriesWorker } from '../worker.js';
import { parseAddress, tokenOf } from './access.js';
import type { JobRoutes } from './job-routes.js';
import { createFront, listen } from './server.js';
import { JobWatch } from './watch.js';

export interface FrontParts {
  readonly queue: JobQueue;
  readonly log: Logger;
  /** Of this process, where it computes too. */
  readonly worker?: SeriesWorker;
  readonly select: JobRoutes['select'];
}

export interface RunningFront {
  readonly port: number;
  close(): Promise<void>;
}

const kPingTimeoutMs = 2000;

const answersQueue = ({ queue }: JobQueue): Promise<boolean> =>
  within(
    kPingTimeoutMs,
    queue.getJobCounts('active').then(() => true),
    () => false,
  ).catch(() => false);

/** Null where the configuration has no address. */
export async function startFront(config: WorkerConfig, parts: FrontParts): Promise<RunningFront | null> {
  if (config.http === undefined) return null;
  const { queue, log, worker, select } = parts;
  const token = tokenOf(config);
  const events = new QueueEvents(config.queue, { connection: redisConnection(config) });
  // Redis is away: the queue's own connection says so.
  events.on('error', () => undefined);
  const metrics = createMetrics(queue);
  if (worker) countWorker(metrics, worker);
  const app = await createFront({
    jobs: { queue, watch: new JobWatch(queue, events), servers: Object.keys(serversOf(config)), select },
    token,
    metrics,
    ready: async () => ({ queue: await answersQueue(queue), ...(worker && { worker: worker.state.ready }) }),
    onAnswer: (facts) => log.debug(facts, 'answered'),
    onFault: (err) => log.error({ err }, 'fault of the front'),
  });
  const close = async () => {
    await app.close();
    await events.close();
  };
  const port = await listen(app, parseAddress(config.http)).catch(async (error) => {
    await close();
    throw error;
  });
  log.info({ port }, 'listening');
  return { port, close };
}
