/**
 * What the queue costs: series an hour of 1, 2 and 3 workers against one process in a loop that fetches, computes and
 * stores the same series without a queue. Needs Debian's orthanc, orthanc-dicomweb and redis-server.
 *
 *   node --import tsx bench/worker.mjs                    200 jobs
 *   node --import tsx bench/worker.mjs --jobs 20 --size 256,224,40 --workers 1 --repeats 3
 *
 * Each way is timed from when its networks are loaded until the last object is stored, in turns; the best turn counts.
 * CPU seconds, which other programs of the machine change less, are those of the loop or the workers alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig } from '../packages/worker/dist/config.js';
import { DicomWebServer } from '../packages/worker/dist/dicomweb.js';
import { jobSchema } from '../packages/worker/dist/job.js';
import { loadNetworks } from '../packages/worker/dist/networks.js';
import { JobQueue } from '../packages/worker/dist/queue.js';
import { SeriesPipeline } from '../packages/worker/dist/series.js';
import { makeFolder } from '../test/support/programs.js';
import { startRedis } from '../test/support/redis.js';
import { startOrthanc } from '../test/support/viewer/orthanc.js';
import { filesOf, writePhantomSeries } from '../test/support/worker/phantoms.js';
import { optionsAsEnvironment, WorkerProcess } from '../test/support/worker/process.js';

const text = { type: 'string' };
const { values } = parseArgs({
  options: {
    jobs: { ...text, default: '200' },
    size: { ...text, default: '192,168,32' },
    workers: { ...text, default: '1,2,3' },
    repeats: { ...text, default: '1' },
    concurrency: { ...text, default: '2' },
    model: { ...text, default: 'paper' },
    loop: text,
  },
});

const kSelf = fileURLToPath(import.meta.url);

/** User and system time of this process, or of another. */
function cpuSeconds(pid) {
  if (pid === undefined) {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
  // proc(5): the fields after the name in parentheses, from the third; ticks are hundredths of a second.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function report(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** One process in a loop: what `--loop DICOMWEB` runs; the jobs come as lines, and each that is done is a line. */
async function loop(dicomweb) {
  const config = loadConfig({ dicomweb, model: values.model }, {});
  const pipeline = await SeriesPipeline.create(config, await loadNetworks(config));
  const server = new DicomWebServer('default', { url: dicomweb });
  report({ cpuSeconds: cpuSeconds() });
  const { signal } = new AbortController();
  for await (const line of createInterface({ input: process.stdin })) {
    await pipeline.run(server, jobSchema.parse(JSON.parse(line)), { signal, onStage: () => {} });
    report({ residentMb: process.memoryUsage.rss() / 2 ** 20, cpuSeconds: cpuSeconds() });
  }
  await server.close();
}

async function timeLoop(dicomweb, jobs) {
  const args = ['--import', 'tsx', kSelf, '--loop', dicomweb, '--model', values.model];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const before = JSON.parse((await lines.next()).value).cpuSeconds;
  const start = performance.now();
  child.stdin.end(jobs.map((job) => `${JSON.stringify(job)}\n`).join(''));
  const done = [];
  for await (const line of lines) done.push(JSON.parse(line));
  const seconds = (performance.now() - start) / 1000;
  if (child.exitCode === null) await once(child, 'close');
  if (done.length !== jobs.length) throw new Error(`the loop did ${done.length} of ${jobs.length} jobs`);
  const [first, last] = [done[0], done.at(-1)];
  return { seconds, cpuSeconds: last.cpuSeconds - before, residentMb: [first.residentMb, last.residentMb] };
}

async function timeWorkers(count, redis, dicomweb, jobs) {
  const queue = new JobQueue(loadConfig({ redis: redis.url }, {}));
  await queue.queue.obliterate({ force: true });
  await queue.queue.pause();
  for (const job of jobs) await queue.add(jobSchema.parse(job));
  const { model, concurrency } = values;
  const environment = optionsAsEnvironment({ redis: redis.url, dicomweb, model, concurrency });
  const workers = Array.from({ length: count }, (_, index) => new WorkerProcess(`${index}`, environment));
  await Promise.all(workers.map((worker) => worker.until(({ msg }) => msg === 'ready')));
  const resident = new Map();
  for (const worker of workers) {
    worker.onLine(({ msg }) => {
      if (msg !== 'job completed') return;
      resident.set(worker, [resident.get(worker)?.[0] ?? worker.residentMb(), worker.residentMb()]);
    });
  }
  const spent = () => workers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const before = spent();
  const start = performance.now();
  await queue.queue.resume();
  for (let done = 0; done < jobs.length; ) {
    await sleep(20);
    const { completed, failed } = await queue.queue.getJobCounts('completed', 'failed');
    if (failed > 0) throw new Error(`a job failed:\n${workers.map(({ output }) => output).join('\n')}`);
    done = completed;
  }
  const seconds = (performance.now() - start) / 1000;
  const [residentMb] = resident.values();
  const cpu = spent() - before;
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
  await queue.close();
  const pauses = workers.flatMap(({ lines }) => pausesOf(lines));
  return { seconds, cpuSeconds: cpu, residentMb, ...(values.concurrency === '1' && { pauseMs: median(pauses) }) };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** From the end of a job to the beginning of the next: what acknowledging one and taking another costs. */
function pausesOf(lines) {
  const pauses = [];
  let ended;
  for (const { msg, time } of lines) {
    if (msg === 'job started' && ended !== undefined) pauses.push(Date.parse(time) - ended);
    if (msg === 'job completed') ended = Date.parse(time);
  }
  return pauses;
}

async function makeJobs(orthanc, folder, count, size) {
  const jobs = [];
  for (let seed = 1; seed <= count; seed++) {
    const series = await writePhantomSeries(`${folder.path}/${seed}`, seed, size);
    for (const file of filesOf(series)) await orthanc.store(file);
    jobs.push({ study: series.studyInstanceUid, series: series.seriesInstanceUid });
  }
  return jobs;
}

function table(ways, jobs) {
  const least = (name, what) => Math.min(...ways.get(name).map((turn) => turn[what]));
  const ofLoop = (name, what) => (least(name, what) / least('one process in a loop', what)).toFixed(3);
  for (const [name, turns] of ways) {
    const best = turns.reduce((a, b) => (a.seconds < b.seconds ? a : b));
    const hour = (3600 * jobs.length) / best.seconds;
    const [first, last] = best.residentMb;
    console.log(
      `${name.padEnd(24)} ${best.seconds.toFixed(1).padStart(7)} s ${hour.toFixed(0).padStart(6)} series an hour ` +
        `${ofLoop(name, 'seconds')} of the loop's time, ${ofLoop(name, 'cpuSeconds')} of its CPU time, ` +
        `${first.toFixed(0)} to ${last.toFixed(0)} MB` +
        (best.pauseMs === undefined ? '' : `, ${best.pauseMs} ms between two jobs`),
    );
  }
}

async function main() {
  const folder = makeFolder();
  const orthanc = await startOrthanc();
  const redis = await startRedis();
  try {
    const size = values.size.split(',').map(Number);
    const jobs = await makeJobs(orthanc, folder, Number(values.jobs), size);
    console.log(`${jobs.length} series of ${values.size} voxels, model ${values.model}`);
    const counts = values.workers.split(',').map(Number);
    const ways = new Map();
    const measured = async (name, work) => ways.set(name, [...(ways.get(name) ?? []), await work()]);
    // Not timed: later turns find their objects in the archive, and so shall the first.
    await timeLoop(orthanc.dicomWeb, jobs);
    for (let turn = 0; turn < Number(values.repeats); turn++) {
      await measured('one process in a loop', () => timeLoop(orthanc.dicomWeb, jobs));
      for (const count of counts) {
        const name = `${count} worker${count > 1 ? 's' : ''} on the queue`;
        await measured(name, () => timeWorkers(count, redis, orthanc.dicomWeb, jobs));
      }
    }
    table(ways, jobs);
  } finally {
    await redis.stop();
    await orthanc.stop();
    folder.remove();
  }
}

await (values.loop ? loop(values.loop) : main());
