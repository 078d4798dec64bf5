/** The types of lesion evaluation; what each figure means is said in docs/evaluation.md. */
import type { LesionClassification, LesionType, MaskInput, RvdConvention, Warning } from '../types.js';

/**
 * What the values of a mask of lesions mean: `ids`, each lesion its own number; `types`, a lesion-type mask (1 CYS,
 * 2 ANG, 3 HCC, 4 MET, 5 of unknown type), whose lesions are the connected components of each type; `binary`, lesions
 * of unknown type are the connected components of what is not 0. Components connect over faces, as in LiTS's scoring.
 */
export type LesionMaskValues = 'ids' | 'types' | 'binary';

/** What is known of one lesion of an id mask; a `Lesion` of `classifyLesions` is one. */
export interface LesionDescription {
  /** Its value in the mask. */
  readonly id: number;
  readonly type?: LesionType | null;
  readonly probabilities?: Readonly<Record<LesionType, number>> | null;
  /** How sure it is that there is a lesion, 0 to 1. */
  readonly detectionProbability?: number | null;
}

export interface LesionMask {
  readonly mask: MaskInput;
  readonly values?: LesionMaskValues;
  /** With `ids` only. */
  readonly lesions?: readonly LesionDescription[];
}

/** One scan. */
export interface LesionCase {
  /** Scans of one patient are drawn together when intervals are estimated. */
  readonly patient: string;
  /** A `LesionMask` without `values` holds ids. */
  readonly prediction: LesionClassification | LesionMask;
  /** A mask alone is a lesion-type mask; so is a `LesionMask` without `values`. */
  readonly reference: MaskInput | LesionMask;
}

/** A figure over patients with its 95 % bootstrap interval; null where it is not defined. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Lesions, counted as LiTS does. */
export interface LesionCounts {
  /** Detected is what has an intersection over union above it. */
  readonly iouLimit: number;
  /** Reference lesions that were detected. */
  readonly tp: number;
  /** Predictions that detect nothing. */
  readonly fp: number;
  /** Reference lesions that were missed. */
  readonly fn: number;
  /** Detected reference lesions that share their prediction with another, beyond the first of each. */
  readonly merged: number;
  /** Predictions more than the reference lesions that they detect together. */
  readonly split: number;
}

export interface LesionDetection<Figure> extends LesionCounts {
  readonly recall: Figure;
  readonly precision: Figure;
  readonly f1: Figure;
}

export interface BinaryFigures<Figure> {
  readonly accuracy: Figure;
  readonly sensitivity: Figure;
  readonly specificity: Figure;
}

/** Over lesions of known type that were found (IoU above 0) and whose prediction says a type. */
export interface LesionTyping<Figure> {
  readonly lesions: number;
  /**
   * Rows: reference CYS, ANG, HCC, MET, none (false alarms); columns: predicted CYS, ANG, HCC, MET, none (missed).
   */
  readonly confusion: readonly (readonly number[])[];
  /** Share of lesions with the right type. */
  readonly accuracy: Figure;
  /** One type against the rest, the counts of all four added up. */
  readonly pooled: BinaryFigures<Figure>;
  /** One type against the rest. */
  readonly perType: Readonly<Record<LesionType, BinaryFigures<Figure>>>;
  /** Malignant (HCC, MET) against benign; `auc` of the malignancy probability, over lesions that have one. */
  readonly malignancy: BinaryFigures<Figure> & { readonly auc: Figure };
}

/** A reference lesion and what was found of it. */
export interface ReferenceLesion {
  /** Its value in an id mask; otherwise its number by type and size, from 1. */
  readonly id: number;
  readonly type: LesionType | null;
  readonly volumeMl: number;
  /** Of the ball of the same volume. */
  readonly diameterMm: number;
  /** Of the prediction, merged lesions taken together; null where none corresponds. */
  readonly iou: number | null;
  readonly dice: number | null;
  /** The id of the corresponding prediction that covers most of it. */
  readonly prediction: number | null;
  readonly predictedType: LesionType | null;
}

export interface PredictedLesion {
  readonly id: number;
  readonly type: LesionType | null;
  readonly probabilities: Readonly<Record<LesionType, number>> | null;
  /** P(HCC) + P(MET). */
  readonly malignancyProbability: number | null;
  readonly detectionProbability: number | null;
  readonly volumeMl: number;
  readonly diameterMm: number;
  /** Null for a false alarm. */
  readonly iou: number | null;
}

/** Overlap of all lesions as one mask. */
export interface LesionOverlap<Figure> {
  readonly dice: Figure;
  /** %. */
  readonly voe: Figure;
  /** %. */
  readonly rvd: Figure;
}

export interface LesionCaseEvaluation extends LesionOverlap<number | null> {
  readonly patient: string;
  readonly intersectionVoxels: number;
  readonly predictionVoxels: number;
  readonly referenceVoxels: number;
  readonly predictionMl: number;
  readonly referenceMl: number;
  /** At IoU above 0, and above 0.5. */
  readonly detection: readonly LesionDetection<number | null>[];
  /** Mean Dice of the reference lesions that were found (IoU above 0). */
  readonly lesionDice: number | null;
  readonly typing: LesionTyping<number | null>;
  readonly references: readonly ReferenceLesion[];
  readonly predictions: readonly PredictedLesion[];
}

export interface PooledLesionEvaluation {
  readonly patients: number;
  readonly cases: number;
  readonly referenceLesions: number;
  readonly predictedLesions: number;
  /** All cases' lesions together. */
  readonly detection: readonly LesionDetection<Estimate>[];
  /** Predictions that correspond to no reference lesion, a case. */
  readonly falseAlarmsPerCase: Estimate;
  /** Means over cases; of RVD over those where it is defined. */
  readonly perCase: LesionOverlap<Estimate> & { readonly absoluteRvd: Estimate };
  /** All cases' voxels together, as LiTS's global Dice. */
  readonly global: LesionOverlap<Estimate>;
  /** Mean over all reference lesions that were found. */
  readonly lesionDice: Estimate;
  readonly typing: LesionTyping<Estimate>;
}

export interface LesionEvaluation {
  readonly convention: RvdConvention;
  readonly resamples: number;
  readonly seed: number;
  readonly pooled: PooledLesionEvaluation;
  readonly cases: readonly LesionCaseEvaluation[];
  /** Of the masks that were compared, with the patient's name. */
  readonly warnings: readonly Warning[];
}
