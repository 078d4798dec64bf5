/** The public types of what trainings learn from, and of what they choose. */
import type { Warning } from '../types.js';

/** One labelled scan. Paths are resolved against the caller's working directory. */
export interface TrainingCase {
  /** All scans of a patient lie on one side of the split. */
  readonly patient: string;
  /** A NIfTI file, or a DICOM folder or file. */
  readonly image: string;
  /**
   * A NIfTI mask, a DICOM SEG or RTSTRUCT of the image's series, a DICOM mask series, a folder or file of JSON polygons
   * (hepatica, VIA, labelme).
   */
  readonly label: string;
  /** Values of the mask that count as the structure; default: all non-zero. */
  readonly labelValues?: readonly number[];
  /** Instead of values, of a SEG or RTSTRUCT: its segments that count, by number, label or code (`SCT:10200004`). */
  readonly labelSegments?: readonly (number | string)[];
}

/** The scans that a segmenter learns from. */
export interface TrainingDataset {
  /** One a scan. */
  readonly cases: readonly TrainingCase[];
  /** Of finding the cases; a training passes them on. */
  readonly warnings?: readonly Warning[];
}

/** A dataset whose cases were found, or checked. */
export interface DiscoveredDataset extends TrainingDataset {
  /** Of finding the cases. */
  readonly warnings: readonly Warning[];
}

/** What becomes of the voxels above a segmenter's threshold. */
export interface Postprocessing {
  /** Which connected pieces (by faces) stay: all, the largest, or those with a share of the largest one's voxels. */
  readonly components: 'all' | 'largest' | { readonly minimumShare: number };
  /** Whether holes are filled, slice by slice. */
  readonly fillHoles: boolean;
}
