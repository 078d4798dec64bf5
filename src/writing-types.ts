/** What writing takes and gives. */
import type { RunOptions, Warning, WriteOptions } from './types.js';

/** What is known of patient and study when a series is written: texts of at most 64 characters. */
export interface SeriesAttributes {
  readonly patientId?: string;
  readonly patientName?: string;
  readonly studyDescription?: string;
  readonly seriesDescription?: string;
  readonly contrastAgent?: string;
  /** UIDs that the objects take, for example of the study that they are added to. */
  readonly studyInstanceUid?: string;
  readonly seriesInstanceUid?: string;
  readonly frameOfReferenceUid?: string;
  /** YYYYMMDD. */
  readonly studyDate?: string;
  /** HHMMSS. */
  readonly studyTime?: string;
  /**
   * How the voxels were made, at most 1024 characters (DerivationDescription); the objects are `DERIVED\SECONDARY` then,
   * and `ORIGINAL\PRIMARY` where it is empty. Default: what hepatica knows of the volume.
   */
  readonly derivation?: string;
}

export interface WriteNiftiOptions extends WriteOptions {
  /**
   * Of tilted series (gantry tilt): `orthonormal` (default) resamples onto a grid that ITK and others read, masks by the
   * nearest voxel and HU linearly, with a warning `RESAMPLED_GRID`; `source` keeps the sheared grid. Others are written
   * as they are.
   */
  readonly grid?: 'orthonormal' | 'source';
}

export interface PackNiftiOptions extends Omit<WriteNiftiOptions, 'overwrite'> {
  /** Default true: a `.nii.gz`; false: a `.nii`. */
  readonly gzip?: boolean;
}

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

export interface WriteMeshOptions {
  /** Voxels of this value alone, of `LesionClassification` a lesion's `id`; default: all that are not 0. */
  readonly value?: number;
  /** Replace a file that hepatica did not write; default false. What the mask was read from is never replaced. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
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

export interface WriteSeriesOptions extends RunOptions {
  /** UIDs that are not given: `derived` (default) from all that is written, `random` anew in each call. */
  readonly uids?: 'derived' | 'random';
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
