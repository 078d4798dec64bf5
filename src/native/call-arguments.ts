/** What a native call works on: taken when the call is made, and in native memory before the call begins. */
import { setImmediate as nextImmediate } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { InvalidArgumentError, nativeError } from '../errors.js';
import type { Geometry } from '../types.js';
import { geometryOf } from '../volume/geometry.js';
import type { CtVoxels, NativeBinding, VoxelHandle } from './binding.js';
import { loadedNative } from './load.js';

/** What an array is taken with: `before` of the bytes of all of them, `all`, lie in those before it. */
export interface Share {
  readonly before: number;
  readonly all: number;
}

export interface CallArgument<Handle> {
  /** Bytes of the caller's that are to be copied; absent: none. */
  readonly copiedBytes?: number;
  /**
   * In the tick of the call, once all of its arguments are checked: what the caller does afterwards comes too late.
   *
   * @param share - of the bytes that are taken in this tick; default: it is alone
   */
  take(share?: Share): void;
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

  get copiedBytes(): number {
    this.#chosen ??= this.#choose();
    return this.#chosen.copiedBytes ?? 0;
  }

  take(share?: Share): void {
    this.#chosen ??= this.#choose();
    this.#chosen.take(share);
  }

  load(native: NativeBinding, signal: AbortSignal | undefined): Handle | Promise<Handle> {
    return (this.#chosen as CallArgument<Handle>).load(native, signal);
  }

  release(): void {
    this.#chosen?.release();
  }
}

/** Bytes that are copied in the tick of the call: in 3 ms or so. */
const kCopiedAtOnce = 2 ** 24;

/** Bytes of a larger one that are copied in one turn of the event loop: in 1 ms or so. */
const kPieceBytes = 2 ** 22;

/** Bytes of all arrays of a call that checksums are made of, in its tick: in 40 ms. */
const kCheckedBytes = 2 ** 28;

let line: Promise<unknown> = Promise.resolve();

/** Of all copies under way, one goes on in a turn of the event loop. */
export function nextTurn(): Promise<unknown> {
  line = line.then(() => nextImmediate());
  return line;
}

type Voxels = CtVoxels | Uint8Array;

/** Takes all arguments of a call; the checksums of their arrays have one bound together. */
export function takeAll(args: readonly (CallArgument<unknown> | null)[]): void {
  const all = args.reduce((sum, argument) => sum + (argument?.copiedBytes ?? 0), 0);
  let before = 0;
  for (const argument of args) {
    const { copiedBytes = 0 } = argument ?? {};
    argument?.take(copiedBytes > 0 ? { before, all } : undefined);
    before += copiedBytes;
  }
}

/** The pieces of an array; `checked` are those that the checksum is made of, spread over all that is taken. */
function piecesOf<Data extends Voxels>(data: Data, { before, all }: Share) {
  const length = kPieceBytes / data.BYTES_PER_ELEMENT;
  const checkedEvery = Math.ceil(all / kCheckedBytes);
  const first = Math.floor(before / kPieceBytes);
  return Array.from({ length: Math.ceil(data.length / length) }, (_, index) => ({
    begin: index * length,
    end: Math.min((index + 1) * length, data.length),
    checked: (first + index) % checkedEvery === 0,
  }));
}

function checksumOf(data: Voxels, share: Share): number {
  const checked = piecesOf(data, share).filter((piece) => piece.checked);
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

interface CopyingOf<Data extends Voxels> {
  readonly field: string;
  /** What is counted, in messages. */
  readonly unit: string;
  readonly transfer?: boolean;
  readonly make: (native: NativeBinding) => VoxelHandle<Data>;
  /** Told of each piece once it is copied. */
  readonly onPiece?: (piece: Data) => void;
}

/**
 * An array of the caller's. It is read on its own thread alone, and copied once: at the call where it is small, else in
 * pieces with turns of the event loop between. What the caller changes meanwhile rejects the call; one that was
 * transferred is out of the caller's reach.
 */
class CopiedArray<Data extends Voxels> implements CallArgument<VoxelHandle<Data>> {
  readonly transferred: boolean;
  readonly #field: string;
  readonly #unit: string;
  readonly #length: number;
  readonly #bytes: number;
  readonly #make: (native: NativeBinding) => VoxelHandle<Data>;
  readonly #onPiece: ((piece: Data) => void) | undefined;
  #share: Share;
  #checksum: number | undefined;
  #data: Data | undefined;
  #handle: VoxelHandle<Data> | undefined;
  #kept = false;

  constructor(data: Data, how: CopyingOf<Data>) {
    this.#field = how.field;
    this.#unit = how.unit;
    this.#make = how.make;
    this.#onPiece = how.onPiece;
    this.transferred = how.transfer ?? false;
    this.#length = data.length;
    this.#bytes = data.byteLength;
    this.#share = { before: 0, all: data.byteLength };
    this.#data = data;
  }

  get copiedBytes(): number {
    return this.transferred ? 0 : this.#bytes;
  }

  take(share = this.#share): void {
    this.#share = share;
    const data = this.#data as Data;
    this.#checkLength(data);
    if (this.transferred) {
      this.#data = takenOver(this.#field, data);
    } else if (this.#isLarge(share)) {
      this.#checksum = checksumOf(data, share);
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

  /** Files come by the thousand: many small ones are as one large one. */
  #isLarge({ all }: Share): boolean {
    return (this.#unit === 'bytes' ? all : this.#bytes) > kCopiedAtOnce;
  }

  #copyAtOnce(data: Data): void {
    const native = loadedNative()?.binding;
    // Not the slice() of a Buffer, which copies nothing.
    this.#data = native ? undefined : (Uint8Array.prototype.slice.call(data) as Voxels as Data);
    if (!native) return;
    this.#handle = this.#reserve(native);
    this.#append(this.#handle, data);
  }

  #append(handle: VoxelHandle<Data>, piece: Data): void {
    handle.append(piece);
    this.#onPiece?.(piece);
  }

  async #copyInPieces(native: NativeBinding, data: Data, signal: AbortSignal | undefined): Promise<VoxelHandle<Data>> {
    const handle = this.#reserve(native);
    try {
      let sum = 0;
      this.#checkLength(data);
      for (const { begin, end, checked } of piecesOf(data, this.#share)) {
        await nextTurn();
        signal?.throwIfAborted();
        this.#checkLength(data);
        const piece = data.subarray(begin, end) as Data;
        this.#append(handle, piece);
        if (checked && this.#checksum !== undefined) sum = crc32(piece, sum);
      }
      if (this.#checksum !== undefined && sum !== this.#checksum) throw this.#changed(`other ${this.#unit}`);
      return handle;
    } catch (error) {
      handle.dispose();
      throw error;
    }
  }

  #reserve(native: NativeBinding): VoxelHandle<Data> {
    try {
      return this.#make(native);
    } catch (error) {
      throw nativeError(error);
    }
  }

  #checkLength({ length }: Data): void {
    if (length !== this.#length) throw this.#changed(`${length} ${this.#unit} where ${this.#length} were`);
  }

  #changed(received: string): InvalidArgumentError {
    const message = `Expected the data of ${this.#field} to stay as it is while it is copied, received ${received}`;
    const otherwise = this.#unit === 'voxels' ? 'give it away with transfer: true' : 'give a copy of it';
    const remedy = `Change, detach or resize it after the call has ended, or ${otherwise}`;
    return new InvalidArgumentError('INVALID_ARGUMENT', message, { field: this.#field, remedy });
  }
}

/** Voxels of the caller's. */
export class CopiedArgument<Data extends Voxels> extends CopiedArray<Data> {
  readonly geometry: Geometry;

  /** @param data - as many as `geometry` has voxels */
  constructor(field: string, geometry: Geometry, data: Data, transfer: boolean) {
    const own = geometryOf(geometry);
    const isMask = data instanceof Uint8Array;
    const make = (native: NativeBinding): VoxelHandle<Voxels> =>
      isMask ? native.makeMask(own) : native.makeVolume(own, data instanceof Float32Array);
    super(data, { field, unit: 'voxels', transfer, make: (native) => make(native) as VoxelHandle<Data> });
    this.geometry = own;
  }
}

/** The bytes of a file, of the caller's. */
export class CopiedBytes extends CopiedArray<Uint8Array> {
  constructor(field: string, data: Uint8Array, onPiece?: (piece: Uint8Array) => void) {
    super(data, { field, unit: 'bytes', make: (native) => native.makeBytes(data.length), ...(onPiece && { onPiece }) });
  }
}
