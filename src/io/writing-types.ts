/** What writing takes and gives. */
import type { Warning } from '../types.js';

/** A file that was written into memory. */
export interface WrittenBytes {
  /** The file. */
  readonly data: Buffer;
  /** Of writing it. */
  readonly warnings: readonly Warning[];
}

/** A NIfTI file that was written. */
export interface WrittenFile {
  /** Its path. */
  readonly file: string;
  /** Of writing it. */
  readonly warnings: readonly Warning[];
}

/** A surface that was made. */
export interface MeshFacts {
  /** How many it has. */
  readonly triangles: number;
  /** What the surface encloses. */
  readonly volumeMl: number;
  /** `CUT_SURFACE` where the mask reaches the border of its grid. */
  readonly warnings: readonly Warning[];
}

/** A surface that was written. */
export interface WrittenMesh extends MeshFacts {
  /** Its path. */
  readonly file: string;
}

/** A surface in memory. */
export interface MeshBytes extends MeshFacts {
  /** The bytes of its file. */
  readonly data: Buffer;
}

/** A series that was written. */
export interface WrittenSeries {
  /** In the order of z. */
  readonly files: readonly string[];
  /** Given, or made. */
  readonly studyInstanceUid: string;
  /** Given, or made. */
  readonly seriesInstanceUid: string;
  /** Given, or made. */
  readonly frameOfReferenceUid: string;
  /** `CLAMPED_HU`, with the number of voxels below −1024 HU. */
  readonly warnings: readonly Warning[];
}
