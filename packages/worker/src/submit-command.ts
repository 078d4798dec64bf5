/** `hepatica-worker submit`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'hepatica';
import type { WorkerConfig } from './config.js';
import { WorkerError } from './failure.js';
import { JobQueue, type JobStatus } from './queue.js';
import { type Source, submit } from './submit.js';
import { within } from './within.js';

interface SubmitFlags {
  readonly study?: string;
  readonly series?: string;
  readonly list?: string;
  readonly from?: string;
  readonly to?: string;
  readonly server: string;
  readonly priority?: string;
  readonly deadline?: string;
  readonly again?: boolean;
  readonly wait?: boolean;
}

const kPollMs = 500;
const kConnectMs = 5000;
const kCloseMs = 3000;

/** The flags beside those of the configuration. */
export function withSubmitFlags(command: Command): Command {
  return command
    .description('ask for series to be looked at; of a study, the series that the rules choose')
    .argument('[folder]', 'store the DICOM files of a folder in the archive first')
    .option('--study <uid>', 'a study of the archive')
    .option('--series <uid>', 'with --study: this series of it')
    .option('--list <file>', "a line for each: a study's UID, and perhaps a series'; - for standard input")
    .option('--from <YYYYMMDD>', 'studies with CT of the archive since this day')
    .option('--to <YYYYMMDD>', 'until this day; default: that of --from')
    .option('--server <name>', 'server of the configuration', 'default')
    .option('--priority <name>', 'emergency, routine or research')
    .option('--deadline <time>', 'ISO 8601; after it nobody needs the result any more')
    .option('--again', 'also what is done already')
    .option('--wait', 'until all jobs are over; fails where one failed')
    .addHelpText('after', '\nFails too where the archive lacks a study, and where a folder or --study gave no job.');
}

function dayOf(flag: string, text: string): string {
  if (/^\d{8}$/.test(text)) return text;
  throw new InvalidArgumentError('INVALID_ARGUMENT', `Expected ${flag} to be a day as YYYYMMDD, received ${text}`);
}

function sourceOf(folder: string | undefined, { study, series, list, from, to }: SubmitFlags): Source {
  const sources: Source[] = [
    ...(folder === undefined ? [] : [{ kind: 'folder', path: folder } as const]),
    ...(study === undefined ? [] : [{ kind: 'study', study, series } as const]),
    ...(list === undefined ? [] : [{ kind: 'list', path: list } as const]),
    ...(from === undefined
      ? []
      : [{ kind: 'dates', from: dayOf('--from', from), to: dayOf('--to', to ?? from) } as const]),
  ];
  const [only, ...others] = sources;
  if (only && others.length === 0) return only;
  throw new InvalidArgumentError(
    'INVALID_ARGUMENT',
    `Expected one of a folder, --study, --list and --from, received ${sources.length}`,
  );
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function endOf({ job, state, result, failure }: JobStatus): string {
  if (state === 'completed') {
    const objects = result?.objects.map(({ kind, sopInstanceUid }) => `${kind} ${sopInstanceUid}`) ?? [];
    return `done    ${job.series}: ${objects.join(', ')}`;
  }
  return `failed  ${job.series}: ${failure?.message} (${failure?.code})${failure?.remedy ? `; ${failure.remedy}` : ''}`;
}

/** Tells how each job ended; false where one failed. */
async function waitFor(queue: JobQueue, ids: ReadonlySet<string>): Promise<boolean> {
  const open = new Set(ids);
  let good = true;
  while (open.size > 0) {
    for (const id of open) {
      const status = await queue.get(id);
      if (status && status.state !== 'completed' && status.state !== 'failed') continue;
      open.delete(id);
      if (status) say(endOf(status));
      good &&= status?.state === 'completed';
    }
    if (open.size > 0) await sleep(kPollMs);
  }
  return good;
}

async function connected({ queue }: JobQueue, address: string): Promise<void> {
  let reason = 'no answer';
  queue.on('error', ({ message }) => {
    reason = message;
  });
  await within(kConnectMs, queue.waitUntilReady(), () => {
    const remedy = 'Start it, or name it: --redis';
    throw new WorkerError('QUEUE_UNAVAILABLE', `Redis cannot be reached at ${address}: ${reason}`, remedy);
  });
}

export async function runSubmit(config: WorkerConfig, folder: string | undefined, flags: SubmitFlags): Promise<void> {
  const source = sourceOf(folder, flags);
  const { server, priority, deadline, again = false } = flags;
  const queue = new JobQueue(config);
  try {
    await connected(queue, config.redis);
    const ids = new Set<string>();
    let lacking = false;
    const wishes = { server, again, ...(priority && { priority }), ...(deadline && { deadline }) };
    for await (const made of submit(config, queue, source, wishes)) {
      if ('reason' in made) {
        say(`passed  ${made.study}: ${made.reason}`);
        lacking ||= made.code !== undefined;
        continue;
      }
      ids.add(made.id);
      say(`${made.existed ? 'known ' : 'added '}  ${made.job.series}: job ${made.id}`);
    }
    // Of days and lists the rules may want nothing; who names one study waits for its result.
    const isNamed = source.kind === 'folder' || source.kind === 'study';
    if (lacking || (isNamed && ids.size === 0)) process.exitCode = 1;
    if (flags.wait && !(await waitFor(queue, ids))) process.exitCode = 1;
  } finally {
    await within(kCloseMs, queue.close(), () => undefined);
  }
}
