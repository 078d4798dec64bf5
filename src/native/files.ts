/** Files as native calls take and give them. */

import type { Warning } from '../types.js';
import type { VoxelHandle } from './binding.js';

/** The bytes of a file in native memory. */
export type BytesHandle = VoxelHandle<Uint8Array>;

/** A path, or what is in memory and what errors call it. */
export type NativeFile = string | { readonly name: string; readonly bytes: BytesHandle };

declare const intake: unique symbol;
/** What a series is read from, while it is gathered. */
export interface NativeIntake {
  readonly [intake]: true;
}

/** `bytes` of what was written into memory. */
export interface NativeWritten {
  readonly bytes: BytesHandle | null;
  readonly warnings: readonly Warning[];
}
