/** A DICOMweb server (PS3.18): WADO-RS, QIDO-RS and STOW-RS. */
import { randomUUID } from 'node:crypto';
import {
  MaxFileSizeExceededError,
  MaxPartsExceededError,
  MaxTotalSizeExceededError,
  MultipartParseError,
  parseMultipartStream,
} from '@remix-run/multipart-parser';
import type { ServerConfig } from './config.js';
import { WorkerError } from './failure.js';
import { uidSchema } from './job.js';
import { ServerConnection } from './server-connection.js';

/** What a series may have. */
export interface SeriesLimits {
  readonly maxSlices: number;
  readonly maxBytes: number;
}

export interface SeriesAddress {
  readonly study: string;
  readonly series: string;
}

/** DICOM JSON (PS3.18, F.2), as far as it is looked into here. */
export type DicomJson = Readonly<Record<string, { readonly vr?: string; readonly Value?: readonly unknown[] }>>;

/** FailureReason (0008,1197) of an object that the archive has already. */
const kDuplicate = 0x0111;

const kJson = 'application/dicom+json';
const kInstances = 'multipart/related; type="application/dicom"; transfer-syntax=*';

/** What rules look at that QIDO-RS does not tell by itself: body part, protocol, number of objects. */
const kSeriesFields = '00180015,00181030,00201209';

/** Of QIDO-RS: results a request. */
const kPage = 100;

/** A study or a series by its UID; what a server sends without one is told apart by all that it says. */
function uidOf(found: DicomJson): string {
  const [uid] = found['0020000E']?.Value ?? found['0020000D']?.Value ?? [];
  return typeof uid === 'string' ? uid : JSON.stringify(found);
}

function checkedUid(uid: string): string {
  if (uidSchema.safeParse(uid).success) return uid;
  throw new WorkerError('INVALID_JOB', 'Expected a DICOM UID: numbers with dots between them, at most 64 characters');
}

function integers(json: DicomJson | undefined, tag: string): number[] {
  return (json?.[tag]?.Value ?? []).filter((value) => typeof value === 'number');
}

function items(json: DicomJson | undefined, tag: string): DicomJson[] {
  return (json?.[tag]?.Value ?? []) as DicomJson[];
}

export class DicomWebServer {
  readonly #connection: ServerConnection;

  /** @param name - what jobs call it */
  constructor(
    readonly name: string,
    config: ServerConfig,
  ) {
    this.#connection = new ServerConnection(name, config);
  }

  /** WADO-RS: the objects of a series, one after the other as they arrive. */
  async *instances({ study, series }: SeriesAddress, limits: SeriesLimits, signal?: AbortSignal) {
    const path = `studies/${checkedUid(study)}/series/${checkedUid(series)}`;
    const { maxSlices, maxBytes } = limits;
    // Who wants no more of a series ends its transfer.
    const enough = new AbortController();
    const ended = signal ? AbortSignal.any([signal, enough.signal]) : enough.signal;
    try {
      const response = await this.#connection.request(path, { headers: { accept: kInstances } }, ended);
      const type = response.headers.get('content-type') ?? '';
      const [, boundary] = /^multipart\/related.*boundary="?([^";]+)/i.exec(type) ?? [];
      if (boundary === undefined || response.body === null) {
        throw new WorkerError('WRONG_ANSWER', `Expected ${this.name} to send multipart/related for a series`);
      }
      const parts = { boundary, maxParts: maxSlices, maxFileSize: maxBytes, maxTotalSize: maxBytes };
      const body = response.body as unknown as ReadableStream<Uint8Array>;
      for await (const { bytes } of parseMultipartStream(body, parts)) yield bytes;
    } catch (error) {
      throw this.#streamError(error, limits, signal);
    } finally {
      enough.abort();
    }
  }

  /** QIDO-RS: `studies`, or `studies/UID/series`, page by page. */
  async *search(path: string, query: Readonly<Record<string, string>>, signal?: AbortSignal) {
    const seen = new Set<string>();
    for (let offset = 0; ; ) {
      const parameters = new URLSearchParams({ ...query, limit: String(kPage), offset: String(offset) });
      const found = await this.#json(`${path}?${parameters}`, signal);
      // A server may send less a page than it was asked for, or know no `offset` and send the first one for ever.
      const fresh = found.filter((one) => !seen.has(uidOf(one)));
      if (fresh.length === 0) return;
      for (const one of fresh) seen.add(uidOf(one));
      offset += found.length;
      yield* fresh;
    }
  }

  /** QIDO-RS: the series of a study. */
  async searchSeries(study: string, signal?: AbortSignal): Promise<readonly DicomJson[]> {
    const found: DicomJson[] = [];
    const fields = { includefield: kSeriesFields };
    for await (const one of this.search(`studies/${checkedUid(study)}/series`, fields, signal)) found.push(one);
    return found;
  }

  /** The header of one object of a series; null where the archive has none. */
  async oneInstance(study: string, series: string, signal?: AbortSignal): Promise<DicomJson | null> {
    const path = `studies/${checkedUid(study)}/series/${checkedUid(series)}/instances`;
    const [found] = await this.#json(`${path}?limit=1`, signal);
    const uid = found?.['00080018']?.Value?.[0];
    if (typeof uid !== 'string') return null;
    const [header] = await this.#json(`${path}/${checkedUid(uid)}/metadata`, signal);
    return header ?? null;
  }

  /** STOW-RS: into a study where one is named. What the archive has already counts as stored. */
  async store(objects: readonly Uint8Array[], study?: string, signal?: AbortSignal): Promise<void> {
    const boundary = randomUUID();
    const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
    const parts = objects.flatMap((data) => [head, data as Uint8Array<ArrayBuffer>, '\r\n']);
    const response = await this.#connection.request(
      study === undefined ? 'studies' : `studies/${checkedUid(study)}`,
      {
        method: 'POST',
        headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: kJson },
        body: new Blob([...parts, `--${boundary}--`]),
      },
      signal,
      [409],
    );
    const said = (await response.json().catch(() => undefined)) as DicomJson | undefined;
    const reasons = items(said, '00081198').flatMap((item) => integers(item, '00081197'));
    const refused = reasons.filter((reason) => reason !== kDuplicate);
    if (refused.length === 0 && (response.ok || reasons.length > 0)) return;
    throw new WorkerError(
      'STORE_REFUSED',
      `${this.name} refused to store an object (failure reason ${refused.join(', ') || 'not told'})`,
      "Look at the archive's log, and whether it takes segmentations and structured reports",
    );
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #json(path: string, signal?: AbortSignal): Promise<readonly DicomJson[]> {
    const found = await this.#connection.requestJson(path, kJson, signal);
    if (found === undefined) return [];
    if (Array.isArray(found)) return found as DicomJson[];
    throw new WorkerError('WRONG_ANSWER', `Expected ${this.name} to send a list of DICOM JSON`);
  }

  #streamError(error: unknown, limits: SeriesLimits, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof WorkerError) return error;
    if (error instanceof MaxPartsExceededError) {
      return new WorkerError(
        'SERIES_TOO_LARGE',
        `The series has more than ${limits.maxSlices} objects`,
        'Raise maxSlices, if the machine has the memory',
      );
    }
    if (error instanceof MaxFileSizeExceededError || error instanceof MaxTotalSizeExceededError) {
      return new WorkerError(
        'SERIES_TOO_LARGE',
        `The series has more than ${limits.maxBytes} bytes`,
        'Raise maxBytes, if the machine has the memory',
      );
    }
    const why = error instanceof MultipartParseError ? 'no end of the last part' : 'the connection ended';
    return new WorkerError('ANSWER_CUT', `${this.name} sent only a part of the series (${why})`);
  }
}
