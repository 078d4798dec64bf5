// The root of the image that packages/worker/deploy/image.mjs made, as containers start it: a user without root, a file
// system that cannot be written. It takes minutes to make: HEPATICA_IMAGE_ROOT names it, and the tests need root.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configSchema } from '../packages/worker/src/config.js';
import { jobSchema } from '../packages/worker/src/job.js';
import { JobQueue, type JobStatus } from '../packages/worker/src/queue.js';
import { readSeries } from '../src/index.js';
import { kRoot, makeFolder, runNode } from './support/programs.js';
import { kWithoutRedis, type Redis, startRedis } from './support/redis.js';
import { unless } from './support/unless.js';
import { kWithoutOrthanc, type Orthanc, startOrthanc } from './support/viewer/orthanc.js';

const kImage = process.env.HEPATICA_IMAGE_ROOT ?? '';
const kSeries = join(kRoot, 'test/data/phantom/dicom');
const kWithout =
  (kImage === '' ? 'no HEPATICA_IMAGE_ROOT (node packages/worker/deploy/image.mjs)' : '') ||
  (process.getuid?.() === 0 ? '' : 'root alone may change roots') ||
  kWithoutRedis ||
  kWithoutOrthanc ||
  (existsSync(kSeries) ? '' : `no ${kSeries} (npm run phantom)`);
const kPassword = 'a-password-of-redis';
const kEntry = ['/usr/local/bin/node', '/opt/hepatica-worker/node_modules/@hepatica/worker/dist/main.js'];

const test = suite('image of the worker');
const withImage = unless(kWithout, test);

/** As a container does: a process and mount namespace of its own; secrets and /tmp in memory, all else read-only. */
const kEnter = `
mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/tmp" && mount -t tmpfs tmpfs "$0/run" &&
cp -r "$1" "$0/run/secrets" && chmod -R a+rX "$0/run/secrets" && shift &&
exec setpriv --no-new-privs chroot --userspec=10001:10001 "$0" /usr/bin/env -i "$@"`;

class Container {
  output = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<unknown>;

  constructor(secrets: string, environment: readonly string[], command: readonly string[]) {
    const inside = ['sh', '-c', kEnter, kImage, secrets, ...environment, ...command];
    const args = ['--mount', '--pid', '--fork', '--kill-child', ...inside];
    const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    this.ended = once(child, 'close');
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Its first process, as the machine numbers it. */
  get pid(): number {
    const { pid } = this.#child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  async until(text: string): Promise<void> {
    for (let tries = 0; tries < 600 && !this.output.includes(text); tries++) {
      assert.is(this.exitCode, null, this.output);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(this.output.includes(text), this.output);
  }
}

async function over(queue: JobQueue, id: string): Promise<JobStatus> {
  for (let tries = 0; tries < 600; tries++) {
    const status = await queue.get(id);
    if (status?.state === 'completed' || status?.state === 'failed') return status;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the job is not over');
}

async function work(redis: Redis, orthanc: Orthanc, folder: string): Promise<void> {
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets);
  writeFileSync(join(secrets, 'redis-password'), kPassword);
  const environment = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `HEPATICA_WORKER_REDIS=${redis.url}`,
    'HEPATICA_WORKER_REDIS_PASSWORD_FILE=/run/secrets/redis-password',
    `HEPATICA_WORKER_DICOMWEB=${orthanc.dicomWeb}`,
  ];
  for (const name of readdirSync(kSeries)) await orthanc.store(readFileSync(join(kSeries, name)));
  const { report } = await readSeries(kSeries);
  const [study, series] = [report?.studyInstanceUid as string, report?.seriesInstanceUid];
  const queue = new JobQueue(
    configSchema.parse({ redis: redis.url, redisPasswordFile: join(secrets, 'redis-password') }),
  );
  const worker = new Container(secrets, environment, kEntry);
  try {
    await worker.until('"msg":"ready"');
    const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
    assert.match(status, /^Uid:\s+10001\s+10001\s+10001\s+10001$/m);
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    const { id } = await queue.add(jobSchema.parse({ study, series }));
    const { failure } = await over(queue, id);
    assert.is(failure, null);
    for (const modality of ['SEG', 'SR']) assert.is((await orthanc.list(study, modality)).length, 1, modality);
    process.kill(worker.pid, 'SIGTERM');
    await worker.ended;
    assert.is(worker.exitCode, 0, worker.output);
  } finally {
    if (worker.exitCode === null) process.kill(worker.pid, 'SIGKILL');
    await queue.close();
  }
}

withImage('a worker in it does a job and ends when it is told to', async () => {
  const folder = makeFolder();
  const redis = await startRedis('--requirepass', kPassword);
  const orthanc = await startOrthanc();
  try {
    await work(redis, orthanc, folder.path);
  } finally {
    await orthanc.stop();
    await redis.stop();
    folder.remove();
  }
});

withImage('nothing in it can be written, and there is no package manager of an application', async () => {
  const folder = makeFolder();
  try {
    mkdirSync(join(folder.path, 'secrets'));
    const write = "require('fs').writeFileSync('/opt/hepatica-worker/x', '')";
    const writer = new Container(join(folder.path, 'secrets'), [], ['/usr/local/bin/node', '-e', write]);
    await writer.ended;
    assert.match(writer.output, /EROFS|EACCES/);
  } finally {
    folder.remove();
  }
  for (const program of ['npm', 'cc', 'python3', 'curl', 'apt-get']) {
    const places = ['usr/bin', 'usr/local/bin', 'bin'].map((place) => join(kImage, place, program));
    assert.not.ok(places.some(existsSync), program);
  }
});

test('docker import is told the user, and the program that these tests start', async () => {
  const script = join(kRoot, 'packages/worker/deploy/image.mjs');
  const { stdout } = await runNode([script, '--import-flags']);
  const changes = [...stdout.matchAll(/--change '([A-Z]+) ([^']*)'/g)].map(([, name, value]) => [name, value] as const);
  const settings = new Map(changes);
  assert.is(settings.get('USER'), '10001:10001');
  assert.equal(JSON.parse(settings.get('ENTRYPOINT') ?? ''), kEntry);
});

test.run();
