import { InvalidArgumentError } from './errors.js';
import type { VoxelArgument, VoxelHandle } from './native-binding.js';
import type { Geometry } from './types.js';

/** The fields of `geometry` alone, without what else the object has. */
export function geometryOf({ size, spacing, origin, direction }: Geometry): Geometry {
  return { size, spacing, origin, direction };
}

/**
 * An own, enumerable property: `{ ...volume }` and `structuredClone(volume)`, which leave out what a prototype has, take
 * the voxels along. They come out of native memory when they are first asked for.
 */
export function showVoxels(owner: object, name: string, voxels: { readonly data: ArrayLike<number> }): void {
  Object.defineProperty(owner, name, { enumerable: true, get: () => voxels.data });
}

/** Voxels in native memory, shown to JavaScript on demand. */
export class NativeVoxels<Data extends ArrayLike<number>> {
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
   * For a native call. Memory that JavaScript has never seen is shared with the job (and `data` would then be a copy);
   * once `data` was handed out, the caller may change or transfer it while the job runs, and the job gets a copy.
   */
  argument(field: string, geometry: Geometry): VoxelArgument<Data> {
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
    return this.#data ? { ...geometryOf(geometry), data: this.#data } : this.#handle;
  }

  dispose(): void {
    this.#handle?.dispose(this.#data);
    this.#handle = undefined;
    this.#data = undefined;
  }
}
