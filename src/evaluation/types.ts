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
  /** Null or absent where it is not known. */
  readonly type?: LesionType | null;
  /** Of each type. */
  readonly probabilities?: Readonly<Record<LesionType, number>> | null;
  /** How sure it is that there is a lesion, 0 to 1. */
  readonly detectionProbability?: number | null;
}

/** A mask of lesions, and what its values mean. */
export interface LesionMask {
  /** Its voxels. */
  readonly mask: MaskInput;
  /** By default as of {@link LesionCase}. */
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
  /** The figure itself. */
  readonly value: number | null;
  /** Lower end of the interval. */
  readonly low: number | null;
  /** Upper end of the interval. */
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

/** What is made of the counts; `Figure` is a number, or an estimate over patients. */
export interface LesionDetection<Figure> extends LesionCounts {
  /** Share of the reference lesions that was detected. */
  readonly recall: Figure;
  /** Share of the predictions that detect something. */
  readonly precision: Figure;
  /** Harmonic mean of both. */
  readonly f1: Figure;
}

/** Of two classes; `Figure` is a number, or an estimate over patients. */
export interface BinaryFigures<Figure> {
  /** Share of the right ones. */
  readonly accuracy: Figure;
  /** Share of the positive ones that was told. */
  readonly sensitivity: Figure;
  /** Share of the negative ones that was told. */
  readonly specificity: Figure;
}

/** Over lesions of known type that were found (IoU above 0) and whose prediction says a type. */
export interface LesionTyping<Figure> {
  /** How many these are. */
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
  /** Whether probabilities are what they say, over lesions that have them. */
  readonly calibration: {
    /** Expected calibration error of the likeliest type's probability, in ten bins (Guo et al., ICML 2017). */
    readonly error: Figure;
    /** Those with lesions, ascending. */
    readonly bins: readonly CalibrationBin[];
  };
}

/** Lesions whose likeliest type has a probability above `from`, up to `to`. */
export interface CalibrationBin {
  /** Not among them. */
  readonly from: number;
  /** Among them. */
  readonly to: number;
  /** How many there are. */
  readonly lesions: number;
  /** Mean of that probability. */
  readonly confidence: number;
  /** Share whose likeliest type is right. */
  readonly accuracy: number;
}

/** A reference lesion and what was found of it. */
export interface ReferenceLesion {
  /** Its value in an id mask; otherwise its number by type and size, from 1. */
  readonly id: number;
  /** Null where it is not known. */
  readonly type: LesionType | null;
  /** Of its voxels. */
  readonly volumeMl: number;
  /** Of the ball of the same volume. */
  readonly diameterMm: number;
  /** Of the prediction, merged lesions taken together; null where none corresponds. */
  readonly iou: number | null;
  /** Of the same; null where none corresponds. */
  readonly dice: number | null;
  /** The id of the corresponding prediction that covers most of it. */
  readonly prediction: number | null;
  /** Null where none corresponds, or it says no type. */
  readonly predictedType: LesionType | null;
}

/** A predicted lesion and what it corresponds to. */
export interface PredictedLesion {
  /** Its value in an id mask; otherwise its number by type and size, from 1. */
  readonly id: number;
  /** Null where it says none. */
  readonly type: LesionType | null;
  /** Of each type; null where it says none. */
  readonly probabilities: Readonly<Record<LesionType, number>> | null;
  /** P(HCC) + P(MET). */
  readonly malignancyProbability: number | null;
  /** How sure it is that there is a lesion. */
  readonly detectionProbability: number | null;
  /** Of its voxels. */
  readonly volumeMl: number;
  /** Of the ball of the same volume. */
  readonly diameterMm: number;
  /** Null for a false alarm. */
  readonly iou: number | null;
}

/** Overlap of all lesions as one mask. */
export interface LesionOverlap<Figure> {
  /** 2TP / (2TP + FP + FN). */
  readonly dice: Figure;
  /** %. */
  readonly voe: Figure;
  /** %. */
  readonly rvd: Figure;
}

/** The figures of one scan. */
export interface LesionCaseEvaluation extends LesionOverlap<number | null> {
  /** Whose scan it is. */
  readonly patient: string;
  /** In lesions of both. */
  readonly intersectionVoxels: number;
  /** In predicted lesions. */
  readonly predictionVoxels: number;
  /** In reference lesions. */
  readonly referenceVoxels: number;
  /** Volume of the predicted lesions. */
  readonly predictionMl: number;
  /** Volume of the reference lesions. */
  readonly referenceMl: number;
  /** At IoU above 0, and above 0.5. */
  readonly detection: readonly LesionDetection<number | null>[];
  /** Mean Dice of the reference lesions that were found (IoU above 0). */
  readonly lesionDice: number | null;
  /** Of the found lesions. */
  readonly typing: LesionTyping<number | null>;
  /** By `id`. */
  readonly references: readonly ReferenceLesion[];
  /** By `id`. */
  readonly predictions: readonly PredictedLesion[];
}

/** The figures of all scans. */
export interface PooledLesionEvaluation {
  /** How many there are. */
  readonly patients: number;
  /** How many scans they have. */
  readonly cases: number;
  /** In all of the references. */
  readonly referenceLesions: number;
  /** In all of the predictions. */
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
  /** Of all found lesions. */
  readonly typing: LesionTyping<Estimate>;
}

/** What a comparison of lesions found. */
export interface LesionEvaluation {
  /** By which `rvd` has its sign. */
  readonly convention: RvdConvention;
  /** What intervals were estimated from. */
  readonly resamples: number;
  /** Of the resamples. */
  readonly seed: number;
  /** Of all scans. */
  readonly pooled: PooledLesionEvaluation;
  /** Of each scan, in the order that they were given in. */
  readonly cases: readonly LesionCaseEvaluation[];
  /** Of the masks that were compared, with the patient's name. */
  readonly warnings: readonly Warning[];
}
