import { InvalidArgumentError } from '../errors.js';
import { rememberOwner } from '../output/sources.js';
import type { Geometry } from '../types.js';
import type { CtVoxels, VoxelHandle } from './binding.js';
import { type CallArgument, ChosenArgument, CopiedArgument, SharedArgument } from './call-arguments.js';

/**
 * An own, enumerable property: `{ ...volume }` and `structuredClone(volume)`, which leave out what a prototype has, take
 * the voxels along. They come out of native memory when they are first asked for.
 */
export function showVoxels(owner: object, name: string, voxels: { readonly data: CtVoxels | Uint8Array }): void {
  let shown: CtVoxels | Uint8Array | undefined;
  const get = () => {
    const { data } = voxels;
    if (data !== shown) rememberOwner(data, owner);
    shown = data;
    return data;
  };
  Object.defineProperty(owner, name, { enumerable: true, get });
}

/** Voxels in native memory, shown to JavaScript on demand. */
export class NativeVoxels<Data extends CtVoxels | Uint8Array> {
  #handle: VoxelHandle<Data> | undefined;
  #data: Data | undefined;
  readonly #empty: Data;

  constructor(handle: VoxelHandle<Data>, empty: Data) {
    this.#handle = handle;
    this.#empty = empty;
  }

  /** True once `data` was read. */
  get handedOut(): boolean {
    return this.#data !== undefined;
  }

  get data(): Data {
    if (!this.#handle) return this.#empty;
    this.#data ??= this.#handle.data();
    return this.#data;
  }

  /**
   * For a native call. Memory that JavaScript has never seen is shared with the call (and `data` would then be a copy);
   * `data` that was handed out may be changed or transferred while the call runs: it is copied as a caller's own.
   */
  argument(field: string, geometry: Geometry): CallArgument<VoxelHandle<Data>> {
    if (!this.#handle || this.#data?.length === 0) {
      throw new InvalidArgumentError(
        'DISPOSED',
        `Expected ${field} to have voxels, received one that was disposed of`,
        {
          field,
          remedy: 'Call dispose() only after the last call that takes it',
        },
      );
    }
    const handle = this.#handle;
    return new ChosenArgument<VoxelHandle<Data>>(() =>
      this.#data ? new CopiedArgument(field, geometry, this.#data, false) : new SharedArgument(handle),
    );
  }

  dispose(): void {
    this.#handle?.dispose(this.#data);
    this.#handle = undefined;
    this.#data = undefined;
  }
}
