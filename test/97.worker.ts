// Workers on a queue beside an archive: what happens to jobs when processes die, Redis restarts and Orthanc is away.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadConfig } from '../packages/worker/src/config.js';
import { jobSchema } from '../packages/worker/src/job.js';
import { JobQueue } from '../packages/worker/src/queue.js';
import { unless } from './support/unless.js';
import type { Exchange } from './support/worker/archive-proxy.js';
import { expectedObjects, filesOf, type PhantomSeries, writePhantomSeries } from './support/worker/phantoms.js';
import { optionsAsEnvironment, WorkerProcess } from './support/worker/process.js';
import { kWithoutServers, type Servers, startServers, stopServers } from './support/worker/servers.js';

const kJobs = 30;
const kWorkers = ['one', 'two', 'three'];

interface Context extends Servers {
  series: PhantomSeries[];
  expected: Buffer[][];
  queue: JobQueue;
}

const test = suite<Context>('workers');
const withServers = unless(kWithoutServers, test);

test.before(async (context) => {
  if (kWithoutServers) return;
  Object.assign(context, await startServers());
  context.series = [];
  for (let seed = 1; seed <= kJobs; seed++) {
    context.series.push(await writePhantomSeries(join(context.folder.path, `${seed}`), seed, [64, 56, 12]));
  }
  context.expected = await expectedObjects(context.series, context.networks);
  for (const series of context.series) for (const file of filesOf(series)) await context.orthanc.store(file);
  context.queue = new JobQueue(loadConfig({ redis: context.redis.url, backoffSeconds: '0.5' }, {}));
});
test.after(async ({ queue, ...servers }) => {
  await queue?.close();
  await stopServers(servers);
});

/** Workers that are started again when they die, as an orchestrator does. */
class Fleet {
  readonly #workers = new Map<string, WorkerProcess>();
  readonly past: WorkerProcess[] = [];

  constructor(readonly start: (name: string) => WorkerProcess) {
    for (const name of kWorkers) this.#begin(name);
  }

  #begin(name: string): void {
    const worker = this.start(name);
    this.#workers.set(name, worker);
    this.past.push(worker);
  }

  get running(): WorkerProcess[] {
    return [...this.#workers.values()];
  }

  /** As power that fails. */
  kill(name: string): void {
    const worker = this.#workers.get(name);
    void worker?.kill('SIGKILL').then(() => this.#begin(name));
  }

  async drain(): Promise<void> {
    await Promise.all(this.running.map((worker) => worker.kill('SIGTERM')));
  }
}

/** Each happens once, when so many jobs are done. */
class Accidents {
  readonly happened: string[] = [];
  readonly #due: { readonly name: string; readonly after: number }[];

  constructor(due: Readonly<Record<string, number>>) {
    this.#due = Object.entries(due).map(([name, after]) => ({ name, after }));
  }

  happens(name: string, done: number): boolean {
    const due = this.#due.find((one) => one.name === name);
    if (!due || done < due.after || this.happened.includes(name)) return false;
    this.happened.push(name);
    return true;
  }
}

withServers('each result once, whatever dies on the way', async (context) => {
  const { queue, proxy, redis, orthanc, networks, series, expected } = context;
  const temporary = join(context.folder.path, 'temporary');
  mkdirSync(temporary);
  const options = {
    ...{ redis: redis.url, dicomweb: `${proxy.url}/dicom-web`, logLevel: 'debug' },
    ...{ leaseSeconds: 2, maxDeaths: 9, backoffSeconds: 0.5, ...networks },
  };
  let done = 0;
  const memory = new Map<WorkerProcess, number[]>();
  const accidents = new Accidents({ fetch: 1, compute: 4, between: 8, acknowledgement: 12, cut: 15 });
  const fleet = new Fleet((name) => {
    const environment = { ...optionsAsEnvironment({ ...options, dicomwebUser: name }), TMPDIR: temporary };
    const worker = new WorkerProcess(name, environment);
    worker.onLine(({ msg, stage }) => {
      if (msg === 'job completed') {
        done += 1;
        memory.set(worker, [...(memory.get(worker) ?? []), worker.residentMb()]);
      }
      if (stage === 'fetch' && accidents.happens('compute', done)) fleet.kill(name);
    });
    return worker;
  });
  let isAway = false;
  proxy.treatments = {
    before: ({ worker, kind, turn }: Exchange) => {
      if (isAway) return 'unavailable';
      if (kind === 'fetch' && accidents.happens('fetch', done)) {
        setTimeout(() => fleet.kill(worker), 50);
        return 'half';
      }
      if (kind === 'fetch' && accidents.happens('cut', done)) return 'cut';
      if (kind !== 'store' || turn % 2 !== 0 || !accidents.happens('between', done)) return 'pass';
      fleet.kill(worker);
      return 'hang';
    },
    after: ({ worker, kind, turn }: Exchange) => {
      if (kind !== 'store' || turn % 2 !== 0 || !accidents.happens('acknowledgement', done)) return 'pass';
      fleet.kill(worker);
      return 'hang';
    },
  };

  for (const { studyInstanceUid, seriesInstanceUid } of series) {
    await queue.add(jobSchema.parse({ study: studyInstanceUid, series: seriesInstanceUid }));
  }
  const counts = () => queue.queue.getJobCounts('completed', 'failed');
  const until = async (completed: number) => {
    for (let tries = 0; tries < 900; tries++) {
      const { completed: now = 0, failed = 0 } = await counts();
      assert.is(failed, 0, `no job failed\n${fleet.past.map(({ output }) => output).join('\n')}`);
      if (now >= completed) return;
      await sleep(100);
    }
    throw new Error(`only ${JSON.stringify(await counts())}\n${fleet.running.map(({ output }) => output).join('\n')}`);
  };
  await until(18);
  await redis.halt('SIGKILL');
  await sleep(1000);
  await redis.start();
  await until(22);
  isAway = true;
  await sleep(1500);
  isAway = false;
  await until(kJobs);
  assert.equal(accidents.happened.sort(), ['acknowledgement', 'between', 'compute', 'cut', 'fetch']);
  await fleet.drain();

  for (const [index, { studyInstanceUid }] of series.entries()) {
    for (const [position, modality] of ['SEG', 'SR'].entries()) {
      const stored = await orthanc.list(studyInstanceUid, modality);
      assert.is(stored.length, 1, `study ${index + 1} has one ${modality}`);
      assert.ok(
        stored[0]?.bytes.equals(expected[index]?.[position] as Buffer),
        `${modality} ${index + 1} is as it should be`,
      );
    }
  }
  assert.equal(readdirSync(temporary), []);
  for (const [first = 0, ...later] of memory.values()) {
    assert.ok((later.at(-1) ?? 0) < first + 100, `memory stays: ${[first, ...later]} MB`);
  }
  const lines = fleet.past.flatMap((worker) => worker.lines);
  assert.ok(
    lines.some(({ code }) => code === 'SERVER_UNAVAILABLE'),
    'the archive was away',
  );
  assert.ok(
    lines.some(({ code }) => code === 'ANSWER_CUT'),
    'an answer was cut',
  );
  assert.ok(
    lines.some(({ msg }) => msg === 'a worker died with a job'),
    'deaths were seen',
  );
  assert.ok(
    lines.some(({ msg }) => msg === 'Redis is back'),
    'Redis was away',
  );
});

test.run();
