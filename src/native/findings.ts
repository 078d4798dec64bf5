/** What DICOM objects are made of, and what is made, as native calls take and give them. */
import type { SourceIdentity } from '../types.js';

/** What DICOM objects are made of, masks apart. */
export interface NativeFindings {
  readonly source: SourceIdentity;
  readonly structure: string;
  readonly lesions: readonly {
    readonly id: number;
    /** Empty where it is indeterminate. */
    readonly type: string;
    /** In the order CYS, ANG, HCC, MET. */
    readonly probabilities: readonly number[];
    readonly detectionProbability: number;
    readonly volumeMl: number;
    readonly diameterMm: number;
    readonly perpendicularMm: number;
    readonly diameterSlice: number;
    readonly recistMeasurable: boolean;
    readonly surfaceDistanceMm: number | null;
    /** For a person; empty where it is not told. */
    readonly place: string;
    readonly meanHu: number;
    readonly sdHu: number;
    /** Five integers a box: slice, first x and y, last x and y. */
    readonly boxes: readonly number[];
  }[];
  readonly networks: readonly {
    readonly task: string;
    readonly kind: string;
    readonly version: string;
    readonly sha256: string;
  }[];
  readonly doubts: readonly string[];
  /** For a person; empty where nothing is told of it. */
  readonly contrast: string;
  readonly softwareVersion: string;
  /** YYYYMMDD and HHMMSS, or both empty. */
  readonly date: string;
  readonly time: string;
  readonly deidentify: boolean;
  /** Empty: UIDs follow from all that was found. */
  readonly identity: string;
  /** Of a secondary capture alone: RGB, pixel by pixel. */
  readonly pictures: {
    readonly width: number;
    readonly height: number;
    readonly slices: readonly number[];
    readonly rgb: Uint8Array;
  } | null;
}

export interface NativeDicomObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly data: Uint8Array | null;
}
