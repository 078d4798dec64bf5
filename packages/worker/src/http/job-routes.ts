/** Asking for jobs, looking at them, cancelling them. */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jobSchema } from '../job.js';
import type { JobQueue } from '../queue.js';
import { passedOver, type SeriesSelection } from '../select-series.js';
import { within } from '../within.js';
import {
  addedSchema,
  isOver,
  type JobDocument,
  jobDocument,
  jobDocumentSchema,
  requestSchema,
} from './job-documents.js';
import { Problem, problemSchema } from './problems.js';
import type { JobWatch } from './watch.js';

export interface JobRoutes {
  readonly queue: JobQueue;
  readonly watch: JobWatch;
  /** Names of the servers that jobs may give. */
  readonly servers: readonly string[];
  /** The best series of a study by the rules of the configuration. */
  select(server: string, study: string, signal: AbortSignal): Promise<SeriesSelection>;
}

/** Open streams; each holds a socket and a listener. */
const kMostStreams = 256;
/** Redis is away, or busy for longer than a client waits. */
const kQueueTimeoutMs = 5000;

const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, 'the id of a job') });
const problems = { '4xx': problemSchema, '5xx': problemSchema };
const noSuchJob = () => new Problem('JOB_NOT_FOUND', 'Expected the id of a job that the queue has', { field: 'id' });

function answered<T>(answer: Promise<T>): Promise<T> {
  return within(kQueueTimeoutMs, answer, () => {
    throw new Problem('QUEUE_UNAVAILABLE', 'The queue does not answer', { remedy: 'Try again in a while' });
  });
}

/** Aborts when the client goes, or has got its answer. */
function untilGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return gone.signal;
}

const postJob: FastifyPluginAsyncZod<JobRoutes> = async (app, { queue, servers, select }) => {
  const schema = {
    summary: 'Ask for a series, or for the best series of a study, to be looked at',
    body: requestSchema,
    response: { 202: addedSchema, ...problems },
  };
  app.post('/jobs', { schema }, async ({ body }, reply) => {
    const { again, series, ...asked } = body;
    if (!servers.includes(asked.server)) {
      throw new Problem('UNKNOWN_SERVER', `Expected server to be one of ${servers.join(', ')}`, { field: 'server' });
    }
    const selection = series === undefined ? await select(asked.server, asked.study, untilGone(reply)) : null;
    const chosen = series ?? selection?.selected;
    if (!chosen) {
      const why = passedOver(selection?.verdicts ?? []);
      const message = `Expected the study to hold a series that the rules allow${why && `, received ${why}`}`;
      throw new Problem('NO_SUITABLE_SERIES', message, {
        field: 'study',
        remedy: 'Name a series, or change rules in the configuration',
      });
    }
    const added = await answered(queue.add(jobSchema.parse({ ...asked, series: chosen }), { again }));
    reply.code(202).header('Location', `/jobs/${added.id}`);
    return { ...added, series: chosen, ...(selection && { selection: selection.verdicts }) };
  });
};

async function* messages(documents: AsyncIterable<JobDocument>) {
  for await (const document of documents) yield { event: document.state, data: document };
}

const getJob: FastifyPluginAsyncZod<JobRoutes> = async (app, { queue, watch }) => {
  let streams = 0;
  const schema = {
    summary: 'A job as it is; as server-sent events (Accept: text/event-stream) after each change, until it is over',
    description: 'An event is named as the state of the job, its data are the job.',
    params,
    response: { 200: jobDocumentSchema, ...problems },
  };
  app.get('/jobs/:id', { schema, sse: 'dual' }, async ({ params: { id } }, reply) => {
    const status = await answered(queue.get(id));
    if (!status) throw noSuchJob();
    // Only where the client asks for events is there something to send them by.
    if (!reply.sse) return jobDocument(status);
    if (streams >= kMostStreams) throw new Problem('TOO_MANY_STREAMS', 'Expected fewer to watch at once');
    // Who left meanwhile takes no place: nothing would tell of it any more.
    if (reply.raw.closed) return reply;
    streams++;
    reply.raw.once('close', () => streams--);
    await reply.sse.send(messages(watch.follow(id, untilGone(reply))));
  });
};

const deleteJob: FastifyPluginAsyncZod<JobRoutes> = async (app, { queue }) => {
  const schema = {
    summary: 'Cancel a job; one that runs ends as soon as its worker hears of it',
    params,
    response: { 202: jobDocumentSchema, ...problems },
  };
  app.delete('/jobs/:id', { schema }, async ({ params: { id } }, reply) => {
    const isCancelled = await answered(queue.cancel(id));
    const status = await answered(queue.get(id));
    if (!status) throw noSuchJob();
    const document = jobDocument(status);
    if (!isCancelled && isOver(document))
      throw new Problem('JOB_OVER', `Expected a job that is not over, received one that ${document.state}`);
    reply.code(202);
    return document;
  });
};

export const jobRoutes: FastifyPluginAsyncZod<JobRoutes> = async (app, routes) => {
  for (const route of [postJob, getJob, deleteJob]) await app.register(route, routes);
};
