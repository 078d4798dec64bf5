// An Orthanc's stable series become jobs: those that the rules choose, each once, wherever the reader was stopped.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configSchema } from '../packages/worker/src/config.js';
import { DicomWebServer } from '../packages/worker/src/dicomweb.js';
import { OrthancChanges } from '../packages/worker/src/orthanc-changes.js';
import { type AddedJob, JobQueue } from '../packages/worker/src/queue.js';
import { seriesRulesSchema } from '../packages/worker/src/series-rules.js';
import { ServerConnection } from '../packages/worker/src/server-connection.js';
import { writeSeries } from '../src/index.js';
import { freePort } from './support/free-port.js';
import { makeFolder } from './support/programs.js';
import { kWithoutRedis, type Redis, startRedis } from './support/redis.js';
import { unless } from './support/unless.js';
import { kWithoutOrthanc, type Orthanc, startOrthanc } from './support/viewer/orthanc.js';
import { makePhantom } from './support/volumes.js';
import { kWithoutWorker, optionsAsEnvironment, WorkerProcess } from './support/worker/process.js';

interface Context {
  orthanc: Orthanc;
  redis: Redis;
  queue: JobQueue;
}

const kWithout = kWithoutOrthanc || kWithoutRedis;
const test = suite<Context>('stable series of Orthanc');
const withProgram = unless(kWithout || kWithoutWorker, test);
const withArchive = unless(kWithout, test);

test.before(async (context) => {
  if (kWithout) return;
  context.redis = await startRedis();
  context.orthanc = await startOrthanc({ StableAge: 1 });
  context.queue = new JobQueue(configSchema.parse({ redis: context.redis.url }));
});
test.after(async ({ queue, orthanc, redis }) => {
  await queue?.close();
  await orthanc?.stop();
  await redis?.stop();
});

const volume = makePhantom({ size: [16, 16, 22] });

/** A series that arrives: its UIDs follow from `study` and `number`. */
async function arrive(orthanc: Orthanc, study: number, number: number, seriesDescription: string) {
  const folder = makeFolder();
  const uids = { study: `1.2.3.${study}`, series: `1.2.3.${study}.${number}` };
  try {
    const given = {
      studyInstanceUid: uids.study,
      seriesInstanceUid: uids.series,
      frameOfReferenceUid: `1.2.4.${study}`,
    };
    // Voxels decide the objects' UIDs.
    const data = volume.data.map((value) => value + study * 100 + number);
    const written = join(folder.path, 'series');
    await writeSeries(written, { ...volume, data }, { ...given, patientId: 'A', seriesDescription });
    for (const name of readdirSync(written)) await orthanc.store(readFileSync(join(written, name)));
  } finally {
    folder.remove();
  }
  return uids;
}

interface Heard {
  stable: { series: string; added: AddedJob | null }[];
  failures: unknown[];
}

function changesOf({ orthanc, queue }: Context, from: 'now' | 'beginning', url = orthanc.url) {
  const heard: Heard = { stable: [], failures: [] };
  const archive = new DicomWebServer('default', { url: orthanc.dicomWeb });
  const connection = new ServerConnection('default', { url });
  const rules = seriesRulesSchema.parse({});
  const changes = new OrthancChanges(
    { queue, connection, archive, server: 'default', rules, from, pollSeconds: 0.1 },
    {
      onStable: (series, added) => heard.stable.push({ series, added }),
      onFailure: (error) => heard.failures.push(error),
    },
  );
  return { changes, heard };
}

/** Polls until as many stable series were heard of, or for so long that they would have been. */
async function pollFor(changes: OrthancChanges, heard: Heard, wanted: number): Promise<void> {
  for (let tries = 0; tries < 100 && heard.stable.length < wanted; tries++) {
    await changes.poll();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  while (!(await changes.poll()));
}

withArchive('the best series of a study becomes a job, the others do not', async (context: Context) => {
  const { orthanc, queue } = context;
  const arterial = await arrive(orthanc, 1, 1, 'Liver arterial');
  const portal = await arrive(orthanc, 1, 2, 'Liver portal venous');
  const { changes, heard } = changesOf(context, 'beginning');
  await pollFor(changes, heard, 2);
  assert.equal(heard.failures, []);
  const added = new Map(heard.stable.map(({ series, added }) => [series, added]));
  assert.is(added.get(arterial.series), null);
  const job = await queue.get(added.get(portal.series)?.id as string);
  assert.equal([job?.job.study, job?.job.series], [portal.study, portal.series]);
  assert.is(await queue.queue.count(), 1);
});

withArchive('one that takes over goes on where another stopped', async (context: Context) => {
  const { changes, heard } = changesOf(context, 'beginning');
  await changes.poll();
  assert.equal(heard.stable, []);
  const portal = await arrive(context.orthanc, 2, 1, 'portal');
  await pollFor(changes, heard, 1);
  assert.equal(
    heard.stable.map(({ series, added }) => [series, added?.existed]),
    [[portal.series, false]],
  );
});

withArchive('what was read and not remembered is no second job', async (context: Context) => {
  const client = await context.queue.queue.backend.client;
  await client.set(context.queue.queue.toKey('orthanc:default'), 0);
  const { changes, heard } = changesOf(context, 'now');
  await pollFor(changes, heard, 3);
  assert.equal(heard.stable.map(({ added }) => added?.existed ?? null).sort(), [null, true, true].sort());
  assert.is(await context.queue.queue.count(), 2);
});

withArchive('a series that was deleted meanwhile stops nobody', async (context: Context) => {
  const gone = await arrive(context.orthanc, 3, 1, 'portal');
  const kept = await arrive(context.orthanc, 4, 1, 'portal');
  // Both are stable by now, and one is no more.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const find = { Level: 'Series', Query: { SeriesInstanceUID: gone.series } };
  const found = await fetch(`${context.orthanc.url}/tools/find`, { method: 'POST', body: JSON.stringify(find) });
  const [id] = (await found.json()) as string[];
  await fetch(`${context.orthanc.url}/series/${id}`, { method: 'DELETE' });
  const { changes, heard } = changesOf(context, 'now');
  await pollFor(changes, heard, 1);
  assert.equal(
    heard.stable.map(({ series }) => series),
    [kept.series],
  );
});

withArchive(
  'an archive that is away is asked again; an archive that was made anew is read from its beginning',
  async (context: Context) => {
    const away = changesOf(context, 'now', 'http://127.0.0.1:9');
    const end = new AbortController();
    const following = away.changes.follow(end.signal);
    await new Promise((resolve) => setTimeout(resolve, 600));
    end.abort();
    await following;
    assert.ok(away.heard.failures.length >= 2);
    const client = await context.queue.queue.backend.client;
    await client.set(context.queue.queue.toKey('orthanc:default'), 1_000_000);
    const { changes, heard } = changesOf(context, 'now');
    await pollFor(changes, heard, 4);
    assert.is(heard.stable.length, 4);
  },
);

withArchive('at the first start, what is there already is left, unless all is asked for', async (context: Context) => {
  const client = await context.queue.queue.backend.client;
  await client.del(context.queue.queue.toKey('orthanc:default'));
  const { changes, heard } = changesOf(context, 'now');
  await changes.poll();
  assert.equal(heard.stable, []);
});

withProgram(
  'hepatica-worker serve follows an Orthanc and answers by HTTP, without computing',
  async (context: Context) => {
    const { orthanc, redis } = context;
    const port = await freePort();
    const options = { redis: redis.url, queue: 'served', dicomweb: orthanc.dicomWeb, http: `127.0.0.1:${port}` };
    const following = { orthanc: orthanc.url, orthancFrom: 'beginning', orthancPollSeconds: 0.2 };
    const served = new WorkerProcess('serve', optionsAsEnvironment({ ...options, ...following }), ['serve']);
    try {
      const { job } = await served.until(({ msg }) => msg === 'stable series queued');
      const answer = await fetch(`http://127.0.0.1:${port}/jobs/${job}`);
      assert.is(((await answer.json()) as { state: string }).state, 'waiting');
      assert.is((await fetch(`http://127.0.0.1:${port}/ready`)).status, 200);
      assert.not.ok(
        served.lines.some(({ msg }) => msg === 'ready'),
        'no networks are loaded',
      );
    } finally {
      await served.kill('SIGTERM');
    }
    assert.is(served.exitCode, 0, served.output);
  },
);

withProgram('hepatica-worker serve that cannot serve says why, and ends', async ({ redis, orthanc }: Context) => {
  const taken = `127.0.0.1:${new URL(orthanc.url).port}`;
  const wrong: [options: Record<string, string>, said: RegExp][] = [
    [{}, /Expected http or orthanc to be given, received neither \(INVALID_ARGUMENT\)/],
    [{ http: '0.0.0.0:1' }, /Expected httpTokenFile to be given where http is not loopback/],
    [{ http: taken }, /Expected http to be an address of this machine that is free, received .*EADDRINUSE/],
    [{ http: '127.0.0.1:0', orthanc: orthanc.url }, /The configuration has no server default \(UNKNOWN_SERVER\)/],
  ];
  for (const [options, said] of wrong) {
    const served = new WorkerProcess('serve', optionsAsEnvironment({ redis: redis.url, ...options }), ['serve']);
    await served.ended;
    assert.is(served.exitCode, 1, served.output);
    assert.match(served.output, said);
  }
});

test.run();
