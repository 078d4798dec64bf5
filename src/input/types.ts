/** What calls that read take: paths, and files that are in memory or come over the network. */
import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

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
