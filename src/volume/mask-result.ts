import type { NativeGrid } from '../native/binding.js';
import { NativeVoxels, showVoxels } from '../native/voxels.js';
import type { Contrast, Judged, Warning } from '../types.js';
import { Grid, type MaskArgument } from './volume.js';

/** What the networks' results share: a mask in native memory on the source grid, and how it was computed. */
export class NativeMaskResult extends Grid {
  readonly device: string;
  readonly precision: 'fp32' | 'tf32' | 'bf16';
  readonly timings: Readonly<Record<string, number>>;
  declare readonly mask: Uint8Array;
  readonly plausibility: Judged['plausibility'];
  readonly plausibilityReasons: readonly Warning[];
  declare readonly contrast?: Contrast;
  readonly #mask: NativeVoxels<Uint8Array>;

  constructor(result: NativeGrid<Uint8Array> & Judged & { readonly precision: 'fp32' | 'tf32' | 'bf16' }) {
    super(result);
    this.device = result.device;
    this.precision = result.precision;
    this.timings = result.timings;
    this.plausibility = result.plausibility;
    this.plausibilityReasons = result.plausibilityReasons;
    if (result.contrast) this.contrast = result.contrast;
    this.#mask = new NativeVoxels(result.handle, new Uint8Array(0));
    showVoxels(this, 'mask', this.#mask);
  }

  dispose(): void {
    this.#mask.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  static argument(result: NativeMaskResult, field: string): MaskArgument {
    return result.#mask.argument(field, result);
  }
}
