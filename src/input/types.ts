/** What calls that read take: paths, and files that are in memory or come over the network. */
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { RunOptions } from '../types.js';

/**
 * One file: its path, its bytes, or a stream of its bytes (a request's body, an S3 object, `createReadStream`; an upload of
 * a form as `Blob`). Bytes are copied and never changed: where they are changed before their copy is whole, the call
 * rejects with `INVALID_ARGUMENT`. Errors and reports call a file in memory `source`, in a list `source[3]`.
 */
export type FileInput = string | Uint8Array | ArrayBuffer | Blob | Readable | ReadableStream<Uint8Array>;

/**
 * A series: one or several files, folders or DICOMDIRs, or an (async) iterable of them, of which no more is asked for
 * than is decoded already. Each item is one whole file.
 */
export type SeriesInput = FileInput | Iterable<FileInput> | AsyncIterable<FileInput>;

export interface ReadOptions extends RunOptions {
  /**
   * The most voxels that a volume may have, judged by its header before memory is taken; default 2³⁰ (1,024 slices of
   * 1024²), and slices of at most 8192². More is refused with `VOLUME_TOO_LARGE`: a `.nii.gz` of 14 MB can hold 12 GB.
   */
  readonly maxVoxels?: number;
  /**
   * The most bytes that files in memory, and streams, may have all together; default 2³³ (8 GiB). More is refused with
   * `INPUT_TOO_LARGE`.
   */
  readonly maxBytes?: number;
}

export interface ListSeriesOptions extends ReadOptions {
  /** The most files that are looked into, on disk and in memory; default 500,000. More are refused with `TOO_MANY_FILES`. */
  readonly maxFiles?: number;
}

export interface ReadSeriesOptions extends ListSeriesOptions {
  /** SeriesInstanceUID, where the source holds several. */
  readonly series?: string;
  /** Which sub-volume of a series with several phases, from 0 as listed by `listSeries`; needed where there are several. */
  readonly phase?: number;
  /** What to do about missing or unevenly spaced slices; default `reject`. */
  readonly gaps?: 'reject' | 'interpolate';
  /** Accept objects without RescaleSlope and RescaleIntercept and take stored values as they are; default false. */
  readonly raw?: boolean;
}
