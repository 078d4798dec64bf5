/** How a mask agrees with a reference; conventions as in types.ts, which exports them too. */
import type { Warning } from '../types.js';

/** Agreement of two masks: overlap, counted over the whole volume (paper, equations 4–6), and of their surfaces. */
export interface SegmentationMetrics {
  /** 2TP / (2TP + FP + FN); 1 where both are empty. */
  readonly dice: number;
  /** Volumetric overlap error, %: 100·(1 − TP/(TP + FP + FN)). */
  readonly voe: number;
  /** Relative volume difference, %; null where only the reference is empty. */
  readonly rvd: number | null;
  /** By which `rvd` has its sign. */
  readonly convention: RvdConvention;
  /**
   * 95th percentile of the distance between the surfaces, mm, the larger one of both directions; 0 where both masks are
   * empty, null where one is. A surface are the voxels with a face neighbour outside; distances are counted on the
   * masks' own grid, with its spacing.
   */
  readonly hd95Mm: number | null;
  /** Part of both surfaces that lies within 2 mm of the other (Nikolov et al. 2018); 1 where both masks are empty. */
  readonly surfaceDice: number;
  /** Inside of the prediction. */
  readonly predictionVoxels: number;
  /** Inside of the reference. */
  readonly referenceVoxels: number;
  /** Volume of the prediction. */
  readonly predictionMl: number;
  /** Volume of the reference. */
  readonly referenceMl: number;
  /** Of both masks, and of this call. */
  readonly warnings: readonly Warning[];
}

/** `paper`: 100·(|R| − |S|)/|R|; `standard`: 100·(|S| − |R|)/|R|; `lits`: the standard one's absolute value. */
export type RvdConvention = 'paper' | 'standard' | 'lits';
