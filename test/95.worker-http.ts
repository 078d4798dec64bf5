// The worker's HTTP front on a real queue: who may ask, what is refused and how, what is told.
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'bullmq';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configSchema, type WorkerConfig } from '../packages/worker/src/config.js';
import { isLoopback, parseAddress, tokenOf } from '../packages/worker/src/http/access.js';
import { startFront } from '../packages/worker/src/http/start.js';
import { createLog } from '../packages/worker/src/log.js';
import { JobQueue, redisConnection } from '../packages/worker/src/queue.js';
import type { SeriesSelection } from '../packages/worker/src/select-series.js';
import { modulesOf } from '../scripts/dicom-tools.mjs';
import { errorDocumentSchema } from '../src/cli/error-document.js';
import { kRoot, makeFolder } from './support/programs.js';
import { kWithoutRedis, type Redis, startRedis } from './support/redis.js';
import { unless } from './support/unless.js';

const kToken = '0123456789abcdef0123456789abcdef';
const kMarker = 'DOE^JANE-4711';
const kJob = { study: '1.2.3', series: '1.2.3.4' };
const kSelection: SeriesSelection = {
  selected: '1.2.3.9',
  verdicts: [
    { seriesInstanceUid: '1.2.3.9', verdict: 'selected', reasons: [{ rule: 'phases', message: 'Phase: late' }] },
  ],
};

interface Context {
  redis: Redis;
  queue: JobQueue;
  config: WorkerConfig;
  /** Its root, without a slash. */
  url: string;
  lines: string[];
  close(): Promise<void>;
}

const test = suite<Context>('HTTP front of the worker');
const withRedis = unless(kWithoutRedis, test);

const folder = makeFolder();
const kTokenFile = join(folder.path, 'token');
writeFileSync(kTokenFile, `${kToken}\n`);

async function serve(config: WorkerConfig, lines: string[], selection = kSelection) {
  const queue = new JobQueue(config);
  const log = createLog({ logLevel: 'debug' }, { write: (line) => void lines.push(line) });
  const front = await startFront(config, { queue, log, select: async () => selection });
  const close = async () => {
    await front?.close();
    await queue.close();
  };
  return { queue, url: `http://127.0.0.1:${front?.port}`, close };
}

test.before(async (context) => {
  if (kWithoutRedis) return;
  context.redis = await startRedis();
  context.config = configSchema.parse({
    redis: context.redis.url,
    http: '127.0.0.1:0',
    httpTokenFile: kTokenFile,
    dicomweb: 'http://127.0.0.1:9/dicom-web',
  });
  context.lines = [];
  Object.assign(context, await serve(context.config, context.lines));
});
test.after(async ({ close, redis }) => {
  await close?.();
  await redis?.stop();
  folder.remove();
});

const kBearer = { Authorization: `Bearer ${kToken}` };

function ask(url: string, path: string, settings: RequestInit & { json?: unknown } = {}): Promise<Response> {
  const { json, headers, ...rest } = settings;
  const body = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
  const type = json === undefined ? {} : { 'Content-Type': 'application/json' };
  return fetch(`${url}${path}`, { headers: { ...kBearer, ...type, ...headers }, ...body, ...rest });
}

async function refusedBy(
  response: Response,
  status: number,
): Promise<{ code: string; field?: string; message: string }> {
  const text = await response.text();
  assert.is(response.status, status, text);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  // The form that hepatica documents.
  return errorDocumentSchema.parse(JSON.parse(text)).error as never;
}

withRedis('asks for a token, and tells nothing to who has none or another', async ({ url }: Context) => {
  const wrong = [undefined, '', 'Bearer', `Basic ${kToken}`, `Bearer ${kToken}0`, `Bearer ${kToken.slice(1)}`, kToken];
  for (const Authorization of wrong) {
    for (const path of ['/jobs', '/jobs/0123456789abcdef0123456789abcdef', '/openapi.json']) {
      const method = path === '/jobs' ? 'POST' : 'GET';
      const response = await fetch(`${url}${path}`, {
        method,
        headers: Authorization === undefined ? {} : { Authorization },
      });
      assert.is((await refusedBy(response, 401)).code, 'UNAUTHORIZED');
      assert.is(response.headers.get('www-authenticate'), 'Bearer');
    }
  }
  assert.is((await ask(url, '/openapi.json')).status, 200);
});

test('beyond loopback a token of some length is needed', () => {
  const config = (values: object) => configSchema.parse({ ...values });
  assert.throws(() => tokenOf(config({ http: '0.0.0.0:8080' })), /Expected httpTokenFile to be given/);
  assert.throws(() => tokenOf(config({ http: '[::]:8080' })), /httpTokenFile/);
  assert.throws(() => tokenOf(config({ http: 'localhost.example:8080' })), /httpTokenFile/);
  assert.is(tokenOf(config({ http: '[::1]:8080' })), null);
  assert.is(tokenOf(config({ http: '0.0.0.0:8080', httpTokenFile: kTokenFile })), kToken);
  const short = join(folder.path, 'short');
  writeFileSync(short, 'hunter2');
  assert.throws(
    () => tokenOf(config({ http: '0.0.0.0:1', httpTokenFile: short })),
    /at least 16 characters, received 7/,
  );
  assert.equal(['127.0.0.1', '127.9.9.9', '::1', 'localhost', '127.0.0.1.example', '10.0.0.1'].map(isLoopback), [
    ...[true, true, true, true, false, false],
  ]);
  assert.equal(parseAddress('[::1]:80'), { host: '::1', port: 80 });
});

/** With a Host header, which fetch does not let one choose. */
function statusFor(url: string, Host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/openapi.json`, { headers: { Host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

withRedis('without a token this machine alone is answered, by its own name', async ({ config }: Context) => {
  const { httpTokenFile: _, ...open } = config;
  const front = await serve(open, []);
  try {
    assert.is(await statusFor(front.url, 'localhost:8080'), 200);
    assert.is(await statusFor(front.url, '127.0.0.1'), 200);
    assert.is(await statusFor(front.url, '[::1]:8080'), 200);
    assert.is(await statusFor(front.url, 'rebound.example:8080'), 403);
    // What a form of a page may send without asking.
    const headers = { 'Content-Type': 'text/plain' };
    const form = await fetch(`${front.url}/jobs`, { method: 'POST', body: JSON.stringify(kJob), headers });
    assert.is((await refusedBy(form, 415)).code, 'UNSUPPORTED_MEDIA_TYPE');
  } finally {
    await front.close();
  }
});

const kRefused: [name: string, body: unknown, status: number, code: string, field?: string][] = [
  ['no study', {}, 422, 'INVALID_JOB', 'study'],
  ['a path for a UID', { ...kJob, series: '../../instances' }, 422, 'INVALID_JOB', 'series'],
  ['a path in a UID', { ...kJob, series: '1.2/../3' }, 422, 'INVALID_JOB', 'series'],
  ['a query in a UID', { ...kJob, study: '1.2?includefield=all' }, 422, 'INVALID_JOB', 'study'],
  ['an escaped path', { ...kJob, study: '1.2%2f..%2f3' }, 422, 'INVALID_JOB', 'study'],
  ['a UID of 65 characters', { ...kJob, study: `1.${'2'.repeat(63)}` }, 422, 'INVALID_JOB', 'study'],
  ['a URL for a server', { ...kJob, server: 'http://169.254.169.254/' }, 422, 'INVALID_JOB', 'server'],
  ['a server that is not configured', { ...kJob, server: '169.254.169.254' }, 422, 'UNKNOWN_SERVER', 'server'],
  ['a name of a prototype', { ...kJob, server: '__proto__' }, 422, 'UNKNOWN_SERVER', 'server'],
  ['a field that jobs do not have', { ...kJob, url: 'http://169.254.169.254/' }, 422, 'INVALID_JOB'],
  ['an option that jobs do not have', { ...kJob, options: { model: '/etc/passwd' } }, 422, 'INVALID_JOB', 'options'],
  ['another priority', { ...kJob, priority: 'now' }, 422, 'INVALID_JOB', 'priority'],
  ['a deadline without a zone', { ...kJob, deadline: '2030-01-01T00:00:00' }, 422, 'INVALID_JOB', 'deadline'],
  ['a body that is too long', { ...kJob, study: '1'.repeat(70_000) }, 413, 'BODY_TOO_LARGE'],
];

withRedis('refuses what is no job, and says where', async ({ url, queue }: Context) => {
  for (const [name, json, status, code, field] of kRefused) {
    const refused = await refusedBy(await ask(url, '/jobs', { json }), status);
    assert.equal([refused.code, refused.field], [code, field], name);
  }
  const headers = { 'Content-Type': 'application/json' };
  const broken = await ask(url, '/jobs', { method: 'POST', body: `{"study": "${kMarker}`, headers });
  const refused = await refusedBy(broken, 400);
  assert.is(refused.code, 'INVALID_REQUEST');
  assert.not.match(JSON.stringify(refused), /DOE/);
  assert.is((await refusedBy(await ask(url, '/nothing/..%2f..%2fetc'), 404)).code, 'NOT_FOUND');
  assert.is((await refusedBy(await ask(url, '/jobs/1234'), 422)).field, 'id');
  assert.is((await refusedBy(await ask(url, `/jobs/${'0'.repeat(32)}`), 404)).code, 'JOB_NOT_FOUND');
  assert.is(
    (await refusedBy(await ask(url, `/jobs/${'0'.repeat(32)}`, { method: 'DELETE' }), 404)).code,
    'JOB_NOT_FOUND',
  );
  assert.is(await queue.queue.count(), 0, 'nothing was queued');
});

withRedis('queues a job once, shows it and cancels it', async ({ url, queue }: Context) => {
  const json = { ...kJob, priority: 'emergency' };
  const added = await ask(url, '/jobs', { json });
  assert.is(added.status, 202);
  const { id, existed } = (await added.json()) as { id: string; existed: boolean };
  assert.is(existed, false);
  assert.is(added.headers.get('location'), `/jobs/${id}`);
  assert.equal(await (await ask(url, '/jobs', { json })).json(), { id, existed: true, series: kJob.series });
  assert.is(await queue.queue.count(), 1);
  const job = await (await ask(url, `/jobs/${id}`)).json();
  assert.equal(job, { id, state: 'waiting', server: 'default', ...json, attempts: 0 });
  assert.is((await ask(url, `/jobs/${id}`, { method: 'DELETE' })).status, 202);
  assert.is((await queue.queue.getJob(id))?.data.cancelled, true);
  await queue.queue.obliterate();
});

withRedis('who asks too gets no earlier deadline than asked for', async ({ url, queue }: Context) => {
  const deadlineAfter = async (deadline?: string) => {
    const added = await ask(url, '/jobs', { json: { ...kJob, ...(deadline && { deadline }) } });
    const { id } = (await added.json()) as { id: string };
    return (await queue.get(id))?.job.deadline;
  };
  const [early, late] = ['2100-01-01T01:00:00+01:00', '2100-01-01T00:30:00Z'];
  assert.is(await deadlineAfter(early), early);
  assert.is(await deadlineAfter(late), late);
  assert.is(await deadlineAfter(early), late);
  assert.is(await deadlineAfter(), undefined);
  assert.is(await deadlineAfter(early), undefined);
  await queue.queue.obliterate();
});

withRedis('chooses the series of a study, and says why', async ({ url, config, queue }: Context) => {
  const added = (await (await ask(url, '/jobs', { json: { study: '1.2.3' } })).json()) as { id: string };
  const { id, ...rest } = added;
  assert.equal(rest, { existed: false, series: '1.2.3.9', selection: kSelection.verdicts });
  assert.is((await queue.get(id))?.job.series, '1.2.3.9');
  await queue.queue.obliterate();
  const why = { rule: 'sliceThicknessMm' as const, message: 'Its slices are 8 mm thick, not 0.4 to 7' };
  const verdicts = [{ seriesInstanceUid: '1.2.3.4', verdict: 'excluded' as const, reasons: [why] }];
  const none = await serve(config, [], { selected: null, verdicts });
  try {
    const refused = await refusedBy(await ask(none.url, '/jobs', { json: { study: '1.2.3' } }), 422);
    assert.is(refused.code, 'NO_SUITABLE_SERIES');
    assert.match(refused.message, '1.2.3.4: Its slices are 8 mm thick, not 0.4 to 7 (rules.sliceThicknessMm)');
  } finally {
    await none.close();
  }
});

interface Told {
  event: string;
  data: { state: string; progress?: { stage: string; fraction: number }; failure?: { code: string } };
}

async function eventsOf(response: Response): Promise<Told[]> {
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const parts = (await response.text()).split('\n\n').filter((part) => part.includes('data:'));
  return parts.map((part) => {
    const lines = Object.fromEntries(
      part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    return { event: lines.event as string, data: JSON.parse(lines.data as string) as Told['data'] };
  });
}

withRedis('tells of a job as it goes on, until it is over', async ({ url, queue, config }: Context) => {
  const { id } = (await (await ask(url, '/jobs', { json: kJob })).json()) as { id: string };
  const stream = await ask(url, `/jobs/${id}`, { headers: { Accept: 'text/event-stream' } });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 150));
  const worker = new Worker(
    config.queue,
    async (job) => {
      for (const [stage, fraction] of [
        ['fetch', 0.1],
        ['segment', 0.5],
      ] as const) {
        await job.updateProgress({ stage, fraction });
        await pause();
      }
      throw new Error('NOT_CT: Expected a CT series Remedy: Name another');
    },
    { connection: redisConnection(config), settings: { backoffStrategy: () => 50 } },
  );
  try {
    await queue.queue.getJob(id).then((job) => job?.updateData({ ...job.data }));
    const told = await eventsOf(stream);
    const states = told.map(({ event }) => event);
    assert.ok(states.includes('waiting') && states.includes('running'), states.join());
    assert.is(states.at(-1), 'failed');
    assert.is(states.filter((state) => state === 'failed').length, 1);
    assert.ok(told.some(({ data }) => data.progress?.stage === 'segment' && data.progress.fraction === 0.5));
    assert.is(told.at(-1)?.data.failure?.code, 'NOT_CT');
    const over = await refusedBy(await ask(url, `/jobs/${id}`, { method: 'DELETE' }), 409);
    assert.is(over.code, 'JOB_OVER');
  } finally {
    await worker.close();
    await queue.queue.obliterate();
  }
});

withRedis('describes what it takes, in OpenAPI', async ({ url }: Context) => {
  const described = (await (await ask(url, '/openapi.json')).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
    components: { schemas: Record<string, { properties: Record<string, unknown>; required: string[] }> };
  };
  assert.match(described.openapi, /^3\.1/);
  assert.equal(Object.keys(described.paths).sort(), ['/jobs', '/jobs/{id}']);
  assert.equal(Object.keys(described.paths['/jobs/{id}'] ?? {}).sort(), ['delete', 'get']);
  const { JobRequestInput, Problem, Job } = described.components.schemas;
  const body = JSON.stringify(described.paths['/jobs']?.post?.requestBody);
  assert.match(body, /#\/components\/schemas\/JobRequestInput"/);
  assert.equal(JobRequestInput?.required, ['study']);
  assert.equal(Object.keys(JobRequestInput?.properties ?? {}).sort(), [
    ...['again', 'deadline', 'options', 'priority', 'series', 'server', 'study'],
  ]);
  assert.ok(Problem && Job);
  const modules = modulesOf('deployment-schemas');
  if (!modules)
    return void console.log("skipped: OpenAPI's own schema (node scripts/dicom-tools.mjs deployment-schemas)");
  const validator = pathToFileURL(join(modules, '@seriousme/openapi-schema-validator/index.js')).href;
  const { Validator } = await import(validator);
  const verdict = await new Validator().validate(described);
  assert.ok(verdict.valid, JSON.stringify(verdict.errors));
});

withRedis('health, readiness and figures are open, and hold nothing of a job', async ({ url, queue }: Context) => {
  await ask(url, '/jobs', { json: kJob });
  assert.is((await fetch(`${url}/health`)).status, 200);
  const ready = await fetch(`${url}/ready`);
  assert.equal([ready.status, await ready.json()], [200, { ready: true, checks: { queue: true } }]);
  const text = await (await fetch(`${url}/metrics`)).text();
  assert.match(text, /^hepatica_jobs\{state="prioritized"\} 1$/m);
  assert.match(text, /^hepatica_jobs_open 1$/m);
  assert.match(text, /^hepatica_queue_up 1$/m);
  assert.not.match(text, /1\.2\.3/);
  await queue.queue.obliterate();
});

withRedis('Redis away: says so in time, and goes on when it is back', async ({ url, redis }: Context) => {
  await redis.halt('SIGKILL');
  try {
    assert.is((await fetch(`${url}/health`)).status, 200);
    const ready = await fetch(`${url}/ready`);
    assert.equal([ready.status, await ready.json()], [503, { ready: false, checks: { queue: false } }]);
    const figures = await (await fetch(`${url}/metrics`)).text();
    assert.match(figures, /^hepatica_queue_up 0$/m);
    assert.not.match(figures, /^hepatica_jobs/m);
    assert.is((await refusedBy(await ask(url, '/jobs', { json: kJob }), 503)).code, 'QUEUE_UNAVAILABLE');
  } finally {
    await redis.start();
  }
  for (let tries = 0; tries < 100 && (await fetch(`${url}/ready`)).status !== 200; tries++);
  assert.is((await ask(url, '/jobs', { json: kJob })).status, 202);
});

withRedis('what was asked is in no line of the log', async ({ lines }: Context) => {
  const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.ok(all.some(({ route, method, status }) => route === '/jobs/:id' && method === 'GET' && status === 200));
  assert.not.match(lines.join(''), /1\.2\.3|DOE|169\.254|passwd|Bearer|0123456789abcdef/);
});

test('the error schema of the documents is that which answers follow', () => {
  const schema = JSON.parse(readFileSync(join(kRoot, 'docs/error.schema.json'), 'utf8'));
  assert.equal(Object.keys(schema.properties), ['error']);
});

test.run();
