/** What a native call works on: taken when the call is made, and in native memory before the call begins. */
import { setImmediate as nextImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { InvalidArgumentError, nativeError } from './errors.js';
import { geometryOf } from './geometry.js';
import { loadedNative } from './native.js';
import type { CtVoxels, NativeBinding, VoxelHandle } from './native-binding.js';
import type { Geometry } from './types.js';

export interface CallArgument<Handle> {
  /** In the tick of the call, once all of its arguments are checked: what the caller does afterwards comes too late. */
  take(): void;
  /** In native memory. The event loop goes on where that takes long; rejects where the signal aborts meanwhile. */
  load(native: NativeBinding, signal: AbortSignal | undefined): Handle | Promise<Handle>;
  /** The call has ended. */
  release(): void;
}

/** What is in native memory already: disposing of it after the call was made changes nothing for the call. */
export class SharedArgument<Handle extends { share(): Handle; dispose(): void }> implements CallArgument<Handle> {
  readonly #own: Handle;
  #shared: Handle | undefined;

  constructor(handle: Handle) {
    this.#own = handle;
  }

  take(): void {
    this.#shared = this.#own.share();
  }

  load(): Handle {
    return this.#shared as Handle;
  }

  release(): void {
    this.#shared?.dispose();
  }
}

/** What is chosen when it is taken. */
export class ChosenArgument<Handle> implements CallArgument<Handle> {
  readonly #choose: () => CallArgument<Handle>;
  #chosen: CallArgument<Handle> | undefined;

  constructor(choose: () => CallArgument<Handle>) {
    this.#choose = choose;
  }

  take(): void {
    this.#chosen = this.#choose();
    this.#chosen.take();
  }

  load(native: NativeBinding, signal: AbortSignal | undefined): Handle | Promise<Handle> {
    return (this.#chosen as CallArgument<Handle>).load(native, signal);
  }

  release(): void {
    this.#chosen?.release();
  }
}

/** Bytes of an array that are copied in the tick of the call: in 3 ms or so. */
const kCopiedAtOnce = 2 ** 24;

/** Bytes of a larger one that are copied in one turn of the event loop: in 1 ms or so. */
const kPieceBytes = 2 ** 22;

/** Bytes of a larger one that its checksum is made of, in the tick of the call: in 40 ms. */
const kCheckedBytes = 2 ** 28;

let line: Promise<unknown> = Promise.resolve();

/** Of all copies under way, one goes on in a turn of the event loop. */
function nextTurn(): Promise<unknown> {
  line = line.then(() => nextImmediate());
  return line;
}

type Voxels = CtVoxels | Uint8Array;

/** The pieces of an array; `checked` are those that the checksum is made of, spread over all of it. */
function piecesOf<Data extends Voxels>(data: Data): { begin: number; end: number; checked: boolean }[] {
  const length = kPieceBytes / data.BYTES_PER_ELEMENT;
  const checkedEvery = Math.ceil(data.byteLength / kCheckedBytes);
  return Array.from({ length: Math.ceil(data.length / length) }, (_, index) => ({
    begin: index * length,
    end: Math.min((index + 1) * length, data.length),
    checked: index % checkedEvery === 0,
  }));
}

function checksumOf(data: Voxels): number {
  const checked = piecesOf(data).filter((piece) => piece.checked);
  return checked.reduce((sum, { begin, end }) => crc32(data.subarray(begin, end), sum), 0);
}

/** The same voxels, which nobody else can reach. */
function takenOver<Data extends Voxels>(field: string, data: Data): Data {
  try {
    return structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
  } catch (cause) {
    throw new InvalidArgumentError(
      'INVALID_ARGUMENT',
      `Expected the data of ${field} to be in an ArrayBuffer that can be transferred: ${(cause as Error).message}`,
      { field, remedy: 'Pass it without transfer: it is copied then', cause },
    );
  }
}

/**
 * An array of the caller's. It is read on its own thread alone, and copied once: at the call where it is small, else in
 * pieces with turns of the event loop between. What the caller changes meanwhile rejects the call; one that was
 * transferred is out of the caller's reach.
 */
export class CopiedArgument<Data extends Voxels> implements CallArgument<VoxelHandle<Data>> {
  readonly geometry: Geometry;
  readonly transferred: boolean;
  readonly #field: string;
  readonly #length: number;
  #checksum: number | undefined;
  #data: Data | undefined;
  #handle: VoxelHandle<Data> | undefined;
  #kept = false;

  /** @param data - as many as `geometry` has voxels */
  constructor(field: string, geometry: Geometry, data: Data, transfer: boolean) {
    this.#field = field;
    this.geometry = geometryOf(geometry);
    this.transferred = transfer;
    this.#length = data.length;
    this.#data = data;
  }

  take(): void {
    const data = this.#data as Data;
    this.#checkLength(data);
    if (this.transferred) {
      this.#data = takenOver(this.#field, data);
    } else if (data.byteLength > kCopiedAtOnce) {
      this.#checksum = checksumOf(data);
    } else {
      this.#copyAtOnce(data);
    }
  }

  async load(native: NativeBinding, signal: AbortSignal | undefined): Promise<VoxelHandle<Data>> {
    this.#handle ??= await this.#copyInPieces(native, this.#data as Data, signal);
    this.#data = undefined;
    return this.#handle;
  }

  /** What was loaded, for longer than the call. */
  keep(): VoxelHandle<Data> {
    this.#kept = true;
    return this.#handle as VoxelHandle<Data>;
  }

  release(): void {
    if (!this.#kept) this.#handle?.dispose();
    this.#handle = undefined;
    this.#data = undefined;
  }

  #copyAtOnce(data: Data): void {
    const native = loadedNative()?.binding;
    // Not the slice() of a Buffer, which copies nothing.
    this.#data = native ? undefined : (Uint8Array.prototype.slice.call(data) as Voxels as Data);
    if (!native) return;
    this.#handle = this.#reserve(native, data);
    this.#handle.append(data);
  }

  async #copyInPieces(native: NativeBinding, data: Data, signal: AbortSignal | undefined): Promise<VoxelHandle<Data>> {
    const handle = this.#reserve(native, data);
    try {
      let sum = 0;
      this.#checkLength(data);
      for (const { begin, end, checked } of piecesOf(data)) {
        await nextTurn();
        signal?.throwIfAborted();
        this.#checkLength(data);
        const piece = data.subarray(begin, end) as Data;
        handle.append(piece);
        if (checked && this.#checksum !== undefined) sum = crc32(piece, sum);
      }
      if (this.#checksum !== undefined && sum !== this.#checksum) throw this.#changed('other voxels');
      return handle;
    } catch (error) {
      handle.dispose();
      throw error;
    }
  }

  #reserve(native: NativeBinding, data: Data): VoxelHandle<Data> {
    const isMask = data instanceof Uint8Array;
    try {
      const handle: VoxelHandle<Voxels> = isMask
        ? native.makeMask(this.geometry)
        : native.makeVolume(this.geometry, data instanceof Float32Array);
      return handle as VoxelHandle<Data>;
    } catch (error) {
      throw nativeError(error);
    }
  }

  #checkLength({ length }: Data): void {
    if (length !== this.#length) throw this.#changed(`${length} voxels where ${this.#length} were`);
  }

  #changed(received: string): InvalidArgumentError {
    const message = `Expected the data of ${this.#field} to stay as it is while it is copied, received ${received}`;
    const remedy = 'Change, detach or resize it after the call has ended, or give it away with transfer: true';
    return new InvalidArgumentError('INVALID_ARGUMENT', message, { field: this.#field, remedy });
  }
}
