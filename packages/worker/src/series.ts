/** One series from the archive and back: what a job does, without the queue. */
import { createHash } from 'node:crypto';
import {
  classifyLesions,
  type DicomObject,
  deviceInfo,
  type LesionClassification,
  readSeries,
  type Segmentation,
  segmentLiver,
  type Volume,
  writeReport,
  writeSegmentation,
} from 'hepatica';
import { lesionsDocument, perimetersDocument, type ReportDocument, reportDocument } from 'hepatica/documents';
import type { WorkerConfig } from './config.js';
import type { DicomWebServer } from './dicomweb.js';
import { WorkerError } from './failure.js';
import { identityOf, type JobResult, kStages, type SeriesJob, type Stage, type StoredObject } from './job.js';
import type { Networks } from './networks.js';

/** What a job is told while it runs. */
export interface SeriesRun {
  readonly signal: AbortSignal;
  /** `fraction` of the stage, from 0 (it begins) to 1 (it is over, `seconds` after). */
  onStage(stage: Stage, fraction: number, seconds: number): void;
}

/** Shares of the time that jobs take on a CPU, roughly: where the bar of a whole job is. */
const kShares: Readonly<Record<Stage, number>> = {
  fetch: 0.1,
  segment: 0.55,
  classify: 0.25,
  write: 0.05,
  store: 0.05,
};

/** How far the whole job is. */
export function fractionOf(stage: Stage, fraction: number): number {
  const before = kStages.slice(0, kStages.indexOf(stage)).reduce((sum, earlier) => sum + kShares[earlier], 0);
  return Math.min(1, before + fraction * kShares[stage]);
}

type Seconds = { [Name in Stage]: number };

interface Fetched {
  readonly volume: Volume;
  readonly inputs: ReportDocument['inputs'];
}

/** Looks at series, with networks that were loaded before. */
export class SeriesPipeline {
  readonly #config: WorkerConfig;
  readonly #networks: Networks;
  readonly #hepaticaVersion: string;

  private constructor(config: WorkerConfig, networks: Networks, hepaticaVersion: string) {
    this.#config = config;
    this.#networks = networks;
    this.#hepaticaVersion = hepaticaVersion;
  }

  static async create(config: WorkerConfig, networks: Networks): Promise<SeriesPipeline> {
    return new SeriesPipeline(config, networks, (await deviceInfo()).version);
  }

  async run(server: DicomWebServer, job: SeriesJob, run: SeriesRun): Promise<JobResult> {
    const seconds: Seconds = { fetch: 0, segment: 0, classify: 0, write: 0, store: 0 };
    const timed = async <Result>(stage: Stage, work: () => Promise<Result>): Promise<Result> => {
      run.signal.throwIfAborted();
      const start = performance.now();
      run.onStage(stage, 0, 0);
      const result = await work();
      seconds[stage] = (performance.now() - start) / 1000;
      run.onStage(stage, 1, seconds[stage]);
      return result;
    };
    const common = (stage: Stage) => ({
      signal: run.signal,
      onProgress: ({ fraction }: { fraction: number }) => run.onStage(stage, Math.min(fraction, 0.999), 0),
      ...(this.#config.threads !== undefined && { threads: this.#config.threads }),
    });
    const { device, precision } = this.#config;

    const fetched = await timed('fetch', () => this.#fetch(server, job, common('fetch')));
    using volume = fetched.volume;
    using liver = await timed('segment', () => {
      const model = this.#networks.liver;
      return segmentLiver(volume, { ...common('segment'), device, precision, ...(model && { model }) });
    });
    using found = await timed('classify', () => {
      const { threshold } = job.options;
      const model = this.#networks.lesions;
      const chosen = { ...(threshold !== undefined && { threshold }), ...(model && { model }) };
      return classifyLesions(liver, { ...common('classify'), device, precision, ...chosen });
    });
    const written = await timed('write', () => this.#write(job, found, run.signal));
    await timed('store', async () => {
      for (const { object } of written) await server.store([object.data], job.study, run.signal);
    });
    return {
      ...{ server: job.server, study: job.study, series: job.series, seconds },
      objects: written.map(({ kind, object }) => storedObject(kind, object)),
      documents: this.#documents(job, fetched, liver, found),
      slices: found.size[2],
    };
  }

  async #fetch(server: DicomWebServer, job: SeriesJob, options: { readonly signal: AbortSignal }): Promise<Fetched> {
    const { maxSlices, maxBytes } = this.#config;
    const { gaps, phase } = job.options;
    const hashes: string[] = [];
    async function* hashed() {
      for await (const bytes of server.instances(job, { maxSlices, maxBytes }, options.signal)) {
        hashes.push(createHash('sha256').update(bytes).digest('hex'));
        yield bytes;
      }
    }
    const volume = await readSeries(hashed(), {
      ...options,
      ...{ series: job.series, maxFiles: maxSlices, maxBytes },
      ...(gaps !== undefined && { gaps }),
      ...(phase !== undefined && { phase }),
    });
    if (volume.report?.studyInstanceUid === job.study) return { volume, inputs: inputsOf(volume, hashes) };
    volume.dispose();
    throw new WorkerError('WRONG_ANSWER', `${server.name} sent a series of another study than it was asked for`);
  }

  async #write(job: SeriesJob, found: LesionClassification, signal: AbortSignal) {
    const options = { signal, deidentify: this.#config.deidentify, identity: identityOf(job) };
    return [
      { kind: 'SEG', object: await writeSegmentation(null, found, options) },
      { kind: 'SR', object: await writeReport(null, found, options) },
    ] as const;
  }

  #documents(
    job: SeriesJob,
    { volume, inputs }: Fetched,
    liver: Segmentation,
    found: LesionClassification,
  ): JobResult['documents'] {
    const { device, precision } = this.#config;
    const wanted = new Set(this.#config.documents);
    const input = `${job.server}/studies/${job.study}/series/${job.series}`;
    const provenance = {
      ...({ hepatica: this.#hepaticaVersion, command: 'classify', input, inputs } as const),
      options: Object.fromEntries(
        Object.entries({ ...job.options, device, precision }).filter(([, value]) => value !== undefined),
      ) as ReportDocument['options'],
    };
    return {
      ...(wanted.has('report') && { report: withoutTexts(reportDocument(provenance, liver, found)) }),
      ...(wanted.has('lesions') && { lesions: lesionsDocument(input, found) }),
      ...(wanted.has('perimeters') && { perimeters: perimetersDocument(volume, liver) }),
    };
  }
}

/** Files are called `source[N]` by their place in the answer. */
function inputsOf({ report }: Volume, hashes: readonly string[]): ReportDocument['inputs'] {
  const used = new Set(report?.slices.map(({ file }) => file));
  return hashes.map((sha256, index) => ({ file: `source[${index}]`, sha256 })).filter(({ file }) => used.has(file));
}

/** Without what the files say in words, which may be the patient's name in any element. */
function withoutTexts(report: ReportDocument): ReportDocument {
  const { series } = report;
  if (!series) return report;
  const words = { patientId: '', seriesDescription: '', manufacturer: '', contrastAgent: '' };
  const excluded = series.excluded.map(({ file, code }) => ({ file, code, reason: '' }));
  return { ...report, series: { ...series, ...words, excluded } };
}

function storedObject(kind: StoredObject['kind'], object: DicomObject): StoredObject {
  const { sopClassUid, sopInstanceUid, seriesInstanceUid } = object;
  return { kind, sopClassUid, sopInstanceUid, seriesInstanceUid };
}
