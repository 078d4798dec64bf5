/** Asking for work: a folder, studies, a list of them, or what an archive has of some days. */
import { readFileSync } from 'node:fs';
import { opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputFileError, listSeries } from 'hepatica';
import { checked, serversOf, type WorkerConfig } from './config.js';
import { DicomWebServer } from './dicomweb.js';
import { type FailureCode, WorkerError } from './failure.js';
import { jobSchema, type SeriesJob } from './job.js';
import type { AddedJob, JobQueue } from './queue.js';
import { passedOver, type SeriesSelection, selectSeriesOfStudy } from './select-series.js';

/** Where jobs come from; one of them. */
export type Source =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'study'; readonly study: string; readonly series?: string | undefined }
  | { readonly kind: 'list'; readonly path: string }
  | { readonly kind: 'dates'; readonly from: string; readonly to: string };

/** What all jobs of a submission share. */
export interface Wishes {
  readonly server: string;
  readonly priority?: string;
  readonly deadline?: string;
  readonly again: boolean;
}

export interface Submitted extends AddedJob {
  readonly job: SeriesJob;
}

/** A study that no job was made of, and why. */
export interface PassedOver {
  readonly study: string;
  readonly reason: string;
  /** What is wrong; absent where the rules want none of its series. */
  readonly code?: FailureCode;
}

interface Wanted {
  readonly study: string;
  readonly series?: string | undefined;
}

const kBatchBytes = 2 ** 26;
const kBatchFiles = 200;

function isDicom(bytes: Buffer): boolean {
  return bytes.length > 132 && bytes.toString('latin1', 128, 132) === 'DICM';
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const directory = await opendir(folder, { recursive: true });
  for await (const entry of directory) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
  }
}

/** STOW-RS of a folder's DICOM files, some at a time. */
async function upload(folder: string, server: DicomWebServer): Promise<void> {
  let batch: Buffer[] = [];
  let bytes = 0;
  const send = async () => {
    if (batch.length > 0) await server.store(batch);
    batch = [];
    bytes = 0;
  };
  for await (const file of filesBelow(folder)) {
    const content = await readFile(file);
    if (!isDicom(content)) continue;
    batch.push(content);
    bytes += content.length;
    if (bytes >= kBatchBytes || batch.length >= kBatchFiles) await send();
  }
  await send();
}

async function* studiesOfFolder(folder: string, server: DicomWebServer): AsyncGenerator<Wanted> {
  const { series } = await listSeries(folder);
  if (series.length === 0) {
    const remedy = 'Name the folder of a study';
    throw new InputFileError('NO_DICOM', `${folder} holds no DICOM series`, { file: folder, remedy });
  }
  await upload(folder, server);
  for (const study of new Set(series.map(({ studyInstanceUid }) => studyInstanceUid))) yield { study };
}

/** A line: the UID of a study, and of a series where the rules shall not choose one. */
function* linesOf(path: string): Generator<Wanted> {
  for (const line of readFileSync(path === '-' ? 0 : path, 'utf8').split('\n')) {
    const [study, series] = line
      .replace(/#.*/, '')
      .trim()
      .split(/[\s,;]+/);
    if (study) yield { study, series };
  }
}

/** QIDO-RS: studies with CT of these days (YYYYMMDD, both included). */
async function* studiesOfDates(server: DicomWebServer, from: string, to: string): AsyncGenerator<Wanted> {
  const query = { StudyDate: `${from}-${to}`, ModalitiesInStudy: 'CT' };
  for await (const found of server.search('studies', query)) {
    const study = found['0020000D']?.Value?.[0];
    if (typeof study === 'string') yield { study };
  }
}

function wantedOf(source: Source, server: DicomWebServer): AsyncIterable<Wanted> | Iterable<Wanted> {
  switch (source.kind) {
    case 'folder':
      return studiesOfFolder(source.path, server);
    case 'study':
      return [source];
    case 'list':
      return linesOf(source.path);
    case 'dates':
      return studiesOfDates(server, source.from, source.to);
  }
}

/** The best series of a study; or why there is none, so that the other studies of a list are asked for still. */
async function bestSeries(
  server: DicomWebServer,
  study: string,
  { rules }: WorkerConfig,
): Promise<string | PassedOver> {
  let selection: SeriesSelection;
  try {
    selection = await selectSeriesOfStudy(server, study, rules);
  } catch (error) {
    if (!(error instanceof WorkerError) || error.code !== 'NOT_IN_ARCHIVE') throw error;
    return { study, reason: `${error.message} (${error.code})`, code: error.code };
  }
  const { selected, verdicts } = selection;
  return selected ?? { study, reason: `no series of it is one that the rules want: ${passedOver(verdicts)}` };
}

/** Makes jobs of what is wanted; of a study the rules of the configuration choose the series. */
export async function* submit(
  config: WorkerConfig,
  queue: JobQueue,
  source: Source,
  { server: name, again, ...wishes }: Wishes,
): AsyncGenerator<Submitted | PassedOver> {
  const settings = serversOf(config)[name];
  if (!settings) throw new WorkerError('UNKNOWN_SERVER', `The configuration has no server ${name}`);
  const server = new DicomWebServer(name, settings);
  try {
    for await (const { study, series } of wantedOf(source, server)) {
      const chosen = series ?? (await bestSeries(server, study, config));
      if (typeof chosen !== 'string') {
        yield chosen;
        continue;
      }
      const job = checked(jobSchema, { server: name, study, series: chosen, ...wishes }, 'job');
      yield { job, ...(await queue.add(job, { again })) };
    }
  } finally {
    await server.close();
  }
}
