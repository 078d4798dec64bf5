/**
 * The log: lines of JSON without patient data. What is not among {@link kFields}, or not of a field's form, is left out,
 * whoever logs it; messages are constants. UIDs name a study as well as a number of the hospital does: a series is told by
 * the beginning of its UID's hash, which those who have the UID can compute.
 */
import { createHash } from 'node:crypto';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { WorkerConfig } from './config.js';
import type { JobFacts } from './events.js';
import { failureOf } from './failure.js';
import type { SeriesWorker } from './worker.js';

const kCount = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const kFlag = (value: unknown) => typeof value === 'boolean';
const like = (form: RegExp) => (value: unknown) => typeof value === 'string' && form.test(value);
const kName = like(/^[\w.:-]{1,64}$/);

/** All that a line may hold beside its time, level and message, and what each looks like. */
const kFields: Readonly<Record<string, (value: unknown) => boolean>> = {
  pid: kCount,
  job: like(/^[0-9a-f]{32}$/),
  series: like(/^[0-9a-f]{12}$/),
  server: kName,
  queue: kName,
  attempt: kCount,
  stage: kName,
  seconds: kCount,
  slices: kCount,
  jobs: kCount,
  code: like(/^[A-Z][A-Z0-9_]{1,63}$/),
  permanent: kFlag,
  retried: kFlag,
  existed: kFlag,
  device: like(/^[\w:. -]{1,64}$/),
  precision: kName,
  version: kName,
  signal: like(/^SIG[A-Z]+$/),
  method: like(/^[A-Z]{3,7}$/),
  route: like(/^[\w/:*.-]{1,64}$/),
  status: kCount,
  port: kCount,
  errno: like(/^E[A-Z]+$/),
};

/** A fault's own name and the system's code of its cause; its text may hold anything. */
function faultFields(error: unknown): Record<string, unknown> {
  const { code } = (error ?? {}) as { code?: unknown };
  return { code: failureOf(error).code, errno: code };
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const given = fields instanceof Error ? { err: fields } : fields;
  const all = { ...given, ...('err' in given && faultFields(given.err)) };
  return Object.fromEntries(Object.entries(all).filter(([name, value]) => kFields[name]?.(value)));
}

/** How a series is named in logs: by the first 12 digits of its UID's SHA-256. */
export function seriesMark(seriesInstanceUid: string): string {
  return createHash('sha256').update(seriesInstanceUid).digest('hex').slice(0, 12);
}

/** @param destination - standard output unless given */
export function createLog({ logLevel }: Pick<WorkerConfig, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: logLevel,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // pino would take the text of an error for a message, and put anything into the places of one.
    hooks: {
      logMethod(this: Logger, args: unknown[], method: pino.LogFn) {
        const [fields, message] = typeof args[0] === 'string' ? [{}, args[0]] : [args[0], args[1]];
        method.call(this, allowed((fields ?? {}) as Record<string, unknown>), String(message ?? 'fault'));
      },
      // Last, as a logger of a part has fields of its own.
      streamWrite(line: string) {
        const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
        return `${JSON.stringify({ level, time, ...allowed(fields), msg })}\n`;
      },
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

const marked = ({ id, server, series, attempt }: JobFacts) => ({
  job: id,
  server,
  series: seriesMark(series),
  attempt,
});

/** A line for each thing that a worker tells. */
export function logWorker(log: Logger, worker: SeriesWorker): void {
  worker.on('ready', (facts) => log.info(facts, 'ready'));
  worker.on('started', (job) => log.info(marked(job), 'job started'));
  worker.on('stageEnded', (job, stage, seconds) => log.debug({ ...marked(job), stage, seconds }, 'stage ended'));
  worker.on('completed', (job, facts) => log.info({ ...marked(job), ...facts }, 'job completed'));
  worker.on('failed', (job, { code, permanent }, retried) =>
    log[retried ? 'warn' : 'error']({ ...marked(job), code, permanent, retried }, 'job failed'),
  );
  worker.on('returned', (job) => log.info(marked(job), 'job given back'));
  worker.on('stalled', (job) => log.warn({ job }, 'a worker died with a job'));
  worker.on('disconnected', () => log.warn('Redis is away'));
  worker.on('reconnected', () => log.info('Redis is back'));
  worker.on('fault', (err) => log.error({ err }, 'fault'));
}
