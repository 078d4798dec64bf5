import { createHash, type Hash } from 'node:crypto';
import { ReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { NativeBinding } from '../native/binding.js';
import { type CallArgument, CopiedBytes, nextTurn, type Share } from '../native/call-arguments.js';
import type { BytesHandle, NativeFile } from '../native/files.js';
import { invalidArgument } from '../schema/check.js';
import { abortable } from './abortable.js';
import type { ByteLimit } from './byte-limit.js';
import type { FileInput } from './types.js';

const kExpected = 'a path, or the bytes of a file (Uint8Array, ArrayBuffer, Blob or a stream of bytes)';

/** A zip archive is told by its first four, DICOM by the last four of these. */
const kHeadBytes = 132;

type Chunks = AsyncIterable<unknown>;

/** Of a stream of bytes; undefined of everything else, a stream of files among it. */
function chunksOf(value: unknown): Chunks | undefined {
  if (value instanceof Blob) return value.stream() as unknown as Chunks;
  if (value instanceof ReadableStream) return value;
  if (value instanceof Readable && !value.readableObjectMode) return value;
  return undefined;
}

/** Whether it is one file, and not several. */
export function isFileInput(value: unknown): value is FileInput {
  return (
    typeof value === 'string' ||
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    chunksOf(value) !== undefined
  );
}

/** A file for a native call: its path, or its bytes in native memory. */
export class FileArgument implements CallArgument<NativeFile> {
  readonly name: string;
  readonly path: string | undefined;
  /** The file on a disk behind it, where that is known: the path, or a stream's. */
  readonly origin: string | undefined;
  readonly #limit: ByteLimit;
  readonly #hash: Hash | undefined;
  readonly #chunks: Chunks | undefined;
  readonly #bytes: CopiedBytes | undefined;
  #collected: BytesHandle | undefined;
  #byteLength = 0;
  #head: Uint8Array = new Uint8Array(0);

  /**
   * @param name - what errors call it where it has no path
   * @throws InvalidArgumentError `INVALID_ARGUMENT`; InputFileError `INPUT_TOO_LARGE`
   */
  constructor(name: string, source: unknown, limit: ByteLimit, options: { readonly hashed?: boolean } = {}) {
    if (typeof source === 'string' && source !== '' && !source.includes('\0')) this.path = source;
    this.name = this.path ?? name;
    this.origin = source instanceof ReadStream && source.path ? String(source.path) : this.path;
    this.#limit = limit;
    this.#hash = options.hashed ? createHash('sha256') : undefined;
    const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
    if (bytes instanceof Uint8Array) {
      this.#bytes = new CopiedBytes(this.name, bytes, this.#hash && ((piece) => this.#hash?.update(piece)));
      this.#see(bytes);
    }
    this.#chunks = chunksOf(source);
    if (!this.path && !this.#bytes && !this.#chunks) throw invalidArgument(name, kExpected, source);
  }

  /** Of a stream once it is loaded; 0 of a path. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** The first bytes, by which formats are told: of what is in memory, once it is loaded. */
  get head(): Uint8Array {
    return this.#head;
  }

  /** Hex SHA-256 of bytes, once they are loaded. */
  sha256(): string {
    return this.#hash?.digest('hex') ?? '';
  }

  get copiedBytes(): number {
    return this.#bytes?.copiedBytes ?? 0;
  }

  take(share?: Share): void {
    this.#bytes?.take(share);
  }

  async load(native: NativeBinding, signal: AbortSignal | undefined): Promise<NativeFile> {
    if (this.path) return this.path;
    if (this.#bytes) return { name: this.name, bytes: await this.#bytes.load(native, signal) };
    this.#collected ??= await this.#collect(native, this.#chunks as Chunks, signal);
    return { name: this.name, bytes: this.#collected };
  }

  release(): void {
    this.#bytes?.release();
    this.#collected?.dispose();
    this.#collected = undefined;
  }

  #see(bytes: Uint8Array): void {
    if (this.#head.length < kHeadBytes) this.#head = Buffer.concat([this.#head, bytes.subarray(0, kHeadBytes)]);
    this.#byteLength += bytes.byteLength;
    this.#limit.add(this.name, bytes.byteLength);
  }

  /** How long a stream is shows at its end alone. */
  async #collect(native: NativeBinding, stream: Chunks, signal: AbortSignal | undefined): Promise<BytesHandle> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of abortable(stream, signal)) {
      if (!(chunk instanceof Uint8Array)) throw invalidArgument(`a chunk of ${this.name}`, 'a Uint8Array', chunk);
      this.#see(chunk);
      chunks.push(chunk);
    }
    const handle = native.makeBytes(this.#byteLength);
    for (const chunk of chunks) {
      await nextTurn();
      handle.append(chunk);
      this.#hash?.update(chunk);
    }
    return handle;
  }
}
