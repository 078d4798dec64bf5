/** The pictures that networks see; conventions as in types.ts, which exports them too. */
import type { Geometry, Warning } from '../types.js';

/** `global`: OpenCV's equalizeHist, slice by slice; `clahe`: in tiles, its contrast limited. */
export type HistogramEqualization = 'global' | 'clahe' | 'none';

/** The 8-bit pictures that the networks see. */
export interface PreprocessedVolume extends Geometry {
  /** 0 to 255, order (z, y, x): clipped and equalized. */
  readonly data: Uint8Array;
  /** 0 to 255, order (z, y, x): clipped only (figure 2 B). */
  readonly clipped: Uint8Array;
  /** `cpu`, or `cuda:0 NAME`. */
  readonly device: string;
  /** ms by stage. */
  readonly timings: Readonly<Record<string, number>>;
  /** Of reading, and of this call. */
  readonly warnings: readonly Warning[];
  /** Frees the pictures at once; `data` and `clipped` have length 0 afterwards. */
  dispose(): void;
  /** `dispose()` at the end of its block, for `using`. */
  [Symbol.dispose](): void;
}
