/** What writing takes and gives. */
import type { Warning } from './types.js';

/** A file that was written into memory. */
export interface WrittenBytes {
  readonly data: Buffer;
  readonly warnings: readonly Warning[];
}

/** A NIfTI file that was written. */
export interface WrittenFile {
  readonly file: string;
  readonly warnings: readonly Warning[];
}

/** A surface that was written. */
export interface WrittenMesh {
  readonly file: string;
  readonly triangles: number;
  /** What the surface encloses. */
  readonly volumeMl: number;
  /** `CUT_SURFACE` where the mask reaches the border of its grid. */
  readonly warnings: readonly Warning[];
}

/** A series that was written. */
export interface WrittenSeries {
  /** In the order of z. */
  readonly files: readonly string[];
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly frameOfReferenceUid: string;
  readonly warnings: readonly Warning[];
}
