// How jobs end that do not end well, and what becomes of those whose worker is told to end.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../packages/worker/src/config.js';
import { jobSchema, type SeriesJobInput } from '../packages/worker/src/job.js';
import { JobQueue, type JobStatus } from '../packages/worker/src/queue.js';
import { unless } from './support/unless.js';
import { filesOf, type PhantomSeries, writePhantomSeries } from './support/worker/phantoms.js';
import { optionsAsEnvironment, runWorkerCommand, WorkerProcess } from './support/worker/process.js';
import { kWithoutServers, type Servers, startServers, stopServers } from './support/worker/servers.js';

interface Context extends Servers {
  queue: JobQueue;
  /** Each test takes series of its own. */
  series: PhantomSeries[];
  workers: WorkerProcess[];
}

const test = suite<Context>('jobs of workers');
const withServers = unless(kWithoutServers, test);

test.before(async (context) => {
  if (kWithoutServers) return;
  Object.assign(context, await startServers());
  const { path } = context.folder;
  context.series = [];
  for (let seed = 1; seed <= 15; seed++) {
    const series = await writePhantomSeries(join(path, `${seed}`), seed, [64, 56, 12]);
    for (const file of filesOf(series)) await context.orthanc.store(file);
    context.series.push(series);
  }
  context.queue = new JobQueue(loadConfig({ redis: context.redis.url, backoffSeconds: '0.2', attempts: '3' }, {}));
});
test.before.each(async (context) => {
  context.workers = [];
  if (!kWithoutServers) context.proxy.treatments = {};
});
test.after.each(async ({ workers }) => {
  await Promise.all(workers.map((worker) => worker.kill()));
});
test.after(async ({ queue, ...servers }) => {
  await queue?.close();
  await stopServers(servers);
});

function start(context: Context, options: Readonly<Record<string, string | number>> = {}): WorkerProcess {
  const { redis, proxy, networks, workers } = context;
  const worker = new WorkerProcess(
    `worker ${workers.length + 1}`,
    optionsAsEnvironment({
      ...{ redis: redis.url, dicomweb: `${proxy.url}/dicom-web`, dicomwebUser: `${workers.length + 1}` },
      ...{ leaseSeconds: 1, logLevel: 'debug', ...networks, ...options },
    }),
  );
  workers.push(worker);
  return worker;
}

const addressOf = ({ studyInstanceUid: study, seriesInstanceUid: series }: PhantomSeries) => ({ study, series });
const take = ({ series }: Context) => series.pop() as PhantomSeries;

async function add({ queue }: Context, job: SeriesJobInput): Promise<string> {
  return (await queue.add(jobSchema.parse(job))).id;
}

async function until(queue: JobQueue, id: string, isSo: (status: JobStatus) => boolean): Promise<JobStatus> {
  for (let tries = 0; tries < 600; tries++) {
    const status = await queue.get(id);
    if (status && isSo(status)) return status;
    await sleep(50);
  }
  throw new Error(`not so: ${JSON.stringify(await queue.get(id))}`);
}

const isOver = ({ state }: JobStatus) => state === 'completed' || state === 'failed';

withServers('what will not pass is tried once, and says what to do', async (context) => {
  const { queue, proxy, orthanc, folder } = context;
  const gap = take(context);
  const withGap = await writePhantomSeries(join(folder.path, 'gap'), 40, [64, 56, 12]);
  for (const [index, file] of filesOf(withGap).entries()) if (index !== 5) await orthanc.store(file);
  const mr = await writePhantomSeries(join(folder.path, 'mr'), 41, [64, 56, 12]);
  execFileSync('dcmodify', ['-nb', '-m', '(0008,0060)=MR', '-m', '(0008,0016)=1.2.840.10008.5.1.4.1.1.4', ...mr.files]);
  for (const file of filesOf(mr)) await orthanc.store(file);
  start(context);
  const cases: [string, SeriesJobInput, RegExp][] = [
    ['MISSING_SLICE', addressOf(withGap), /interpolate/],
    ['WRONG_MODALITY', addressOf(mr), /CT/],
    ['NOT_IN_ARCHIVE', { ...addressOf(gap), series: '1.2.3.4' }, /archive/],
    ['UNKNOWN_SERVER', { ...addressOf(gap), server: 'elsewhere' }, /default/],
    ['DEADLINE_PASSED', { ...addressOf(gap), deadline: '2026-01-01T00:00:00Z' }, /^$/],
  ];
  for (const [code, job, remedy] of cases) {
    const { state, failure, attempts } = await until(queue, await add(context, job), isOver);
    assert.is(state, 'failed', code);
    assert.is(failure?.code, code, failure?.message);
    assert.ok(failure?.permanent);
    assert.match(failure?.remedy ?? '', remedy);
    assert.is(attempts, 1);
  }
  let asked = 0;
  proxy.treatments = {
    before: ({ kind }) => {
      if (kind === 'fetch') asked += 1;
      return kind === 'fetch' ? 'unavailable' : 'pass';
    },
  };
  const { failure, attempts } = await until(queue, await add(context, addressOf(gap)), isOver);
  assert.is(failure?.code, 'SERVER_UNAVAILABLE');
  assert.equal([attempts, asked], [3, 3], 'what passes is tried as often as was asked for');
  proxy.treatments = {};
  const again = await until(queue, await add(context, addressOf(gap)), isOver);
  assert.is(again.state, 'completed', 'asked for again, what failed is tried again');
});

withServers('a series that kills workers is set aside after three, and takes none with it', async (context) => {
  const { queue, proxy } = context;
  const [killer, ...others] = [take(context), take(context), take(context)];
  let deaths = 0;
  let worker = start(context);
  proxy.treatments = {
    before: ({ kind, study }) => {
      if (kind !== 'fetch' || study !== killer?.studyInstanceUid) return 'pass';
      deaths += 1;
      void worker.kill().then(() => {
        worker = start(context);
      });
      return 'hang';
    },
  };
  const ids = [];
  for (const series of [killer as PhantomSeries, ...others]) ids.push(await add(context, addressOf(series)));
  const [killed, ...good] = await Promise.all(ids.map((id) => until(queue, id, isOver)));
  assert.is(killed?.failure?.code, 'KILLED_WORKERS');
  assert.ok(killed?.failure?.remedy);
  assert.is(deaths, 3);
  const told = context.workers.flatMap(({ lines }) => lines).filter(({ code }) => code === 'KILLED_WORKERS');
  assert.is(told.length, 1, 'the log tells of it once');
  assert.equal(
    good.map(({ state }) => state),
    ['completed', 'completed'],
  );
});

withServers('emergencies come before research', async (context) => {
  const { queue } = context;
  const wanted = { research: take(context), routine: take(context), emergency: take(context) };
  const ids = new Map<string, string>();
  for (const [priority, series] of Object.entries(wanted)) {
    ids.set(await add(context, { ...addressOf(series), priority: priority as 'routine' }), priority);
  }
  const urgent = take(context);
  const urgentId = await add(context, { ...addressOf(urgent), priority: 'research' });
  ids.set(await add(context, { ...addressOf(urgent), priority: 'emergency' }), 'hurried');
  assert.ok(ids.has(urgentId), 'the same job');
  const worker = start(context, { concurrency: 1 });
  for (const id of ids.keys()) await until(queue, id, isOver);
  const started = worker.lines.filter(({ msg }) => msg === 'job started').map(({ job = '' }) => ids.get(job));
  assert.equal(started, ['emergency', 'hurried', 'routine', 'research']);
});

withServers('a job is cancelled while it waits, and while it runs; its deadline ends it too', async (context) => {
  const { queue, proxy } = context;
  const [running, late] = [take(context), take(context)];
  proxy.treatments = { before: ({ kind }) => (kind === 'fetch' ? 'half' : 'pass') };
  const worker = start(context);
  const id = await add(context, addressOf(running));
  await worker.until(({ msg, job }) => msg === 'job started' && job === id);
  await sleep(200);
  assert.ok(await queue.cancel(id));
  const { failure } = await until(queue, id, isOver);
  assert.is(failure?.code, 'JOB_CANCELLED');
  assert.not(await queue.cancel(id), 'what is over is not cancelled');

  const deadline = new Date(Date.now() + 1000).toISOString();
  const lateId = await add(context, { ...addressOf(late), deadline });
  assert.is((await until(queue, lateId, isOver)).failure?.code, 'DEADLINE_PASSED');

  await worker.kill();
  const waiting = await add(context, addressOf(running));
  await queue.cancel(waiting);
  start(context);
  assert.is((await until(queue, waiting, isOver)).failure?.code, 'JOB_CANCELLED');
});

withServers('a worker that is told to end gives back what it does not finish in time', async (context) => {
  const { queue, proxy, series } = context;
  const unfinished = series[0] as PhantomSeries;
  proxy.treatments = { before: ({ kind }) => (kind === 'fetch' ? 'half' : 'pass') };
  const worker = start(context, { graceSeconds: 1 });
  const id = await add(context, addressOf(unfinished));
  await worker.until(({ msg, job }) => msg === 'job started' && job === id);
  await worker.kill('SIGTERM');
  assert.is(worker.exitCode, 0);
  assert.ok(worker.lines.some(({ msg, job }) => msg === 'job given back' && job === id));
  const { state, attempts } = (await queue.get(id)) as JobStatus;
  assert.equal([state, attempts], ['prioritized', 0]);
  proxy.treatments = {};
  const successor = start(context, { graceSeconds: 20 });
  await successor.until(({ msg, job }) => msg === 'job started' && job === id);
  await successor.kill('SIGTERM');
  assert.is((await queue.get(id))?.state, 'completed', 'what is finished in time is finished');
  assert.is(successor.exitCode, 0);
});

withServers('a worker that stood still stops what another has meanwhile', async (context) => {
  const { queue, proxy } = context;
  proxy.treatments = { before: ({ worker, kind }) => (kind === 'fetch' && worker === '1' ? 'half' : 'pass') };
  const still = start(context);
  const id = await add(context, addressOf(take(context)));
  await still.until(({ msg, job }) => msg === 'job started' && job === id);
  still.pause(true);
  start(context);
  assert.is((await until(queue, id, isOver)).state, 'completed');
  still.pause(false);
  await still.until(({ msg, job }) => msg === 'job given back' && job === id);
  proxy.treatments = {};
  const next = await add(context, addressOf(take(context)));
  assert.is((await until(queue, next, isOver)).state, 'completed');
  assert.ok(still.isRunning);
});

withServers('a folder, a study, a list and days are submitted; what is done is not done again', async (context) => {
  const { redis, orthanc, folder } = context;
  const scans = join(folder.path, 'scans');
  const written = [
    await writePhantomSeries(join(scans, 'a', 'ct'), 60, [64, 56, 12]),
    await writePhantomSeries(join(scans, 'b'), 61, [64, 56, 12]),
  ];
  writeFileSync(join(scans, 'notes.txt'), 'none of DICOM');
  const configuration = join(folder.path, 'config.json');
  writeFileSync(configuration, JSON.stringify({ rules: { slices: { min: 5 } } }));
  const common = { redis: redis.url, dicomweb: orthanc.dicomWeb, config: configuration };
  const submit = (...args: string[]) => runWorkerCommand(['submit', ...args], optionsAsEnvironment(common));
  start(context);

  const first = await submit(scans, '--wait');
  assert.is(first.exitCode, 0, first.stdout + first.stderr);
  assert.is(first.stdout.match(/^added /gm)?.length, 2);
  for (const { studyInstanceUid, seriesInstanceUid } of written) {
    assert.match(first.stdout, new RegExp(`^done .*${seriesInstanceUid}: SEG [\\d.]+, SR [\\d.]+$`, 'm'));
    for (const modality of ['SEG', 'SR']) assert.is((await orthanc.list(studyInstanceUid, modality)).length, 1);
  }
  const [{ studyInstanceUid: study }, { studyInstanceUid: other, seriesInstanceUid }] = written as [
    PhantomSeries,
    PhantomSeries,
  ];
  const list = join(folder.path, 'list.txt');
  writeFileSync(list, `# two ways\n${study}\n${other}, ${seriesInstanceUid}\n`);
  const [known, ofDays, ofOthers] = await Promise.all([
    submit('--study', study),
    submit('--from', '20260101', '--to', '20260103'),
    submit('--from', '19990101'),
  ]);
  assert.match(known.stdout, /^known /m, known.stderr);
  assert.ok((ofDays.stdout.match(/^(known|added) /gm)?.length ?? 0) >= 2, ofDays.stdout + ofDays.stderr);
  assert.equal([ofOthers.stdout, ofOthers.exitCode], ['', 0]);
  const again = await submit('--list', list, '--again', '--wait');
  assert.is(again.stdout.match(/^done /gm)?.length, 2, again.stdout + again.stderr);
  const wrong = [['--study', '1.2/../3'], ['--from', 'today'], [], [scans, '--study', study]];
  for (const refused of await Promise.all(wrong.map((args) => submit(...args)))) {
    assert.is(refused.exitCode, 1);
    assert.match(refused.stderr, /INVALID/);
  }
});

withServers(
  'while Redis is away a worker waits, ends when it is told to, and a submission says so',
  async (context) => {
    const { redis } = context;
    const [worker, waiting] = [start(context, { graceSeconds: 1 }), start(context)];
    await Promise.all([worker, waiting].map((one) => one.until(({ msg }) => msg === 'ready')));
    await redis.halt('SIGKILL');
    await worker.until(({ msg }) => msg === 'Redis is away');
    await worker.kill('SIGTERM');
    assert.is(worker.exitCode, 0);
    const late = start(context);
    await late.until(({ msg }) => msg === 'Redis is away');
    const refused = await runWorkerCommand([
      'submit',
      '--study',
      '1.2.3',
      '--redis',
      redis.url,
      '--dicomweb',
      'http://localhost:1',
    ]);
    assert.is(refused.exitCode, 1);
    assert.match(refused.stderr, 'QUEUE_UNAVAILABLE');
    await redis.start();
    await late.until(({ msg }) => msg === 'ready');
    await waiting.until(({ msg }) => msg === 'Redis is back');
    const id = await add(context, addressOf(take(context)));
    assert.is((await until(context.queue, id, isOver)).state, 'completed');
  },
);

withServers("the paper's lesion network works beside the liver's that ships", async (context) => {
  const series = await writePhantomSeries(join(context.folder.path, 'paper'), 42, [64, 56, 12]);
  for (const file of filesOf(series)) await context.orthanc.store(file);
  start(context, { model: 'default', lesionModel: 'paper' });
  const { state, failure, result } = await until(context.queue, await add(context, addressOf(series)), isOver);
  assert.is(state, 'completed', failure?.message);
  const { segmentation, lesions } = result?.documents.report?.models ?? {};
  assert.equal([segmentation?.networks, lesions?.networks], [['encoder3d'], ['mdl_cnn']]);
});

test.run();
