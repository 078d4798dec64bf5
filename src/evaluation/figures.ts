import { isMalignant, kLesionTypes } from '../lesions/lesion-types.js';
import type { NativeBinding } from '../native/binding.js';
import type { LesionType, RvdConvention } from '../types.js';
import type { CalibrationBin, LesionCaseEvaluation, LesionCounts, PredictedLesion, ReferenceLesion } from './types.js';

export type Overlaps = Pick<NativeBinding, 'overlapFigures'>;

/** What every figure is computed of: the cases of a resample, of all patients, or one alone. */
export type Cases = readonly CaseLesions[];

/** A case before its figures. */
export type CaseLesions = Pick<
  LesionCaseEvaluation,
  | 'patient'
  | 'dice'
  | 'voe'
  | 'rvd'
  | 'intersectionVoxels'
  | 'predictionVoxels'
  | 'referenceVoxels'
  | 'predictionMl'
  | 'referenceMl'
  | 'references'
  | 'predictions'
> & {
  readonly counts: readonly LesionCounts[];
  /** Computed once: a figure is computed of thousands of resamples. */
  readonly confusion: Confusion;
  readonly scored: readonly ScoredLesion[];
};

export type Confusion = readonly (readonly number[])[];

/** Null where nothing is divided by nothing. */
export function ratio(numerator: number, denominator: number): number | null {
  return denominator === 0 ? null : numerator / denominator;
}

export function mean(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return ratio(
    defined.reduce((sum, value) => sum + value, 0),
    defined.length,
  );
}

function sum(cases: Cases, count: (one: CaseLesions) => number): number {
  return cases.reduce((total, one) => total + count(one), 0);
}

/** The counts of all cases at one of LiTS's two limits. */
export function countsOf(cases: Cases, limit: number): Omit<LesionCounts, 'iouLimit'> {
  const total = (key: 'tp' | 'fp' | 'fn' | 'merged' | 'split') => sum(cases, ({ counts }) => counts[limit]?.[key] ?? 0);
  return { tp: total('tp'), fp: total('fp'), fn: total('fn'), merged: total('merged'), split: total('split') };
}

export function lesionDice(cases: Cases): number | null {
  return mean(cases.flatMap(({ references }) => references.flatMap(({ dice }) => (dice === null ? [] : [dice]))));
}

export function falseAlarmsPerCase(cases: Cases): number | null {
  return ratio(
    sum(cases, ({ predictions }) => predictions.filter(({ iou }) => iou === null).length),
    cases.length,
  );
}

/** Overlap of the voxels of all cases (paper, equations 4 to 6). */
export function globalOverlap({ overlapFigures }: Overlaps, cases: Cases, convention: RvdConvention) {
  const tp = sum(cases, ({ intersectionVoxels }) => intersectionVoxels);
  const fp = sum(cases, ({ predictionVoxels }) => predictionVoxels) - tp;
  const fn = sum(cases, ({ referenceVoxels }) => referenceVoxels) - tp;
  return overlapFigures(tp, fp, fn, convention);
}

/** The row or column of lesions that have no counterpart. */
const kNone = kLesionTypes.length;

type Lesions = Pick<CaseLesions, 'references' | 'predictions'>;

function cellOf({ type, predictedType, iou }: ReferenceLesion): [number, number] | null {
  if (type === null) return null;
  if (iou === null) return [kLesionTypes.indexOf(type), kNone];
  return predictedType === null ? null : [kLesionTypes.indexOf(type), kLesionTypes.indexOf(predictedType)];
}

function falseAlarmCell({ type, iou }: PredictedLesion): [number, number] | null {
  return type === null || iou !== null ? null : [kNone, kLesionTypes.indexOf(type)];
}

function emptyConfusion(): number[][] {
  return Array.from({ length: kNone + 1 }, () => Array<number>(kNone + 1).fill(0));
}

/** Rows: reference types, then false alarms; columns: predicted types, then missed. */
export function caseConfusion({ references, predictions }: Lesions): Confusion {
  const confusion = emptyConfusion();
  for (const cell of [...references.map(cellOf), ...predictions.map(falseAlarmCell)]) {
    const row = cell && confusion[cell[0]];
    if (row) row[cell[1]] = (row[cell[1]] as number) + 1;
  }
  return confusion;
}

/** Of all cases together. */
export function confusionOf(cases: Cases): Confusion {
  const total = emptyConfusion();
  for (const { confusion } of cases) {
    for (const [r, row] of total.entries()) {
      for (let c = 0; c <= kNone; c++) row[c] = (row[c] as number) + (confusion[r]?.[c] as number);
    }
  }
  return total;
}

interface BinaryCounts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

/** Of the lesions that were found and have a type on both sides. */
export function oneAgainstRest(confusion: Confusion, isPositive: (type: LesionType) => boolean): BinaryCounts {
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (const [r, truth] of kLesionTypes.entries()) {
    for (const [c, predicted] of kLesionTypes.entries()) {
      const right = isPositive(truth) === isPositive(predicted);
      counts[isPositive(predicted) ? (right ? 'tp' : 'fp') : right ? 'tn' : 'fn'] += confusion[r]?.[c] as number;
    }
  }
  return counts;
}

/** The counts of each type against the rest, added up. */
export function pooledCounts(confusion: Confusion): BinaryCounts {
  const all = kLesionTypes.map((type) => oneAgainstRest(confusion, (other) => other === type));
  const total = (key: keyof BinaryCounts) => all.reduce((value, counts) => value + counts[key], 0);
  return { tp: total('tp'), fp: total('fp'), fn: total('fn'), tn: total('tn') };
}

export function typedLesions(confusion: Confusion): number {
  const { tp, fn } = pooledCounts(confusion);
  return tp + fn;
}

/** Paper, equations 7 to 9. */
export function binaryFigures({ tp, fp, fn, tn }: BinaryCounts) {
  return {
    accuracy: ratio(tp + tn, tp + fp + fn + tn),
    sensitivity: ratio(tp, tp + fn),
    specificity: ratio(tn, tn + fp),
  };
}

export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** A found lesion of known type whose prediction has probabilities. */
export interface ScoredLesion {
  readonly malignant: boolean;
  /** That it is malignant. */
  readonly probability: number;
  /** The probability of the likeliest type. */
  readonly confidence: number;
  /** Whether that is its type. */
  readonly right: boolean;
}

export function scoredLesions({ references, predictions }: Lesions): ScoredLesion[] {
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  return references.flatMap(({ type, prediction }) => {
    const { probabilities = null, malignancyProbability: probability = null } = byId.get(prediction ?? 0) ?? {};
    if (type === null || probabilities === null || probability === null) return [];
    const confidence = Math.max(...kLesionTypes.map((name) => probabilities[name]));
    return [{ malignant: isMalignant(type), probability, confidence, right: probabilities[type] === confidence }];
  });
}

const kCalibrationBins = 10;

/** By the probability of the likeliest type, in ten parts of 0 to 1; parts without lesions are left out. */
export function calibrationBins(lesions: readonly ScoredLesion[]): CalibrationBin[] {
  return Array.from({ length: kCalibrationBins }, (_, index) => {
    const [from, to] = [index / kCalibrationBins, (index + 1) / kCalibrationBins];
    const inside = lesions.filter(({ confidence }) => confidence > from && confidence <= to);
    return {
      ...{ from, to, lesions: inside.length },
      confidence: mean(inside.map(({ confidence }) => confidence)) ?? 0,
      accuracy: mean(inside.map(({ right }) => Number(right))) ?? 0,
    };
  }).filter((bin) => bin.lesions > 0);
}

/** The mean distance of confidence and accuracy over the bins, by their lesions (Guo et al., ICML 2017, equation 3). */
export function calibrationError(lesions: readonly ScoredLesion[]): number | null {
  if (lesions.length === 0) return null;
  return calibrationBins(lesions).reduce(
    (sum, bin) => sum + (bin.lesions / lesions.length) * Math.abs(bin.confidence - bin.accuracy),
    0,
  );
}

/** Malignant against benign as the limit of the malignancy probability falls; empty where one side has no lesion. */
export function rocOf(lesions: readonly ScoredLesion[]): RocPoint[] {
  const scored = [...lesions].sort((a, b) => b.probability - a.probability);
  const positives = scored.filter(({ malignant }) => malignant).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const points: RocPoint[] = [{ falsePositiveRate: 0, truePositiveRate: 0 }];
  let [tp, fp] = [0, 0];
  scored.forEach(({ malignant, probability }, index) => {
    if (malignant) tp += 1;
    else fp += 1;
    // Lesions of equal probability are one step.
    if (scored[index + 1]?.probability === probability) return;
    points.push({ falsePositiveRate: fp / negatives, truePositiveRate: tp / positives });
  });
  return points;
}

/** Area under the curve, by trapezia: equal probabilities count half (Mann and Whitney). */
export function areaUnder(points: readonly RocPoint[]): number | null {
  if (points.length === 0) return null;
  return points.slice(1).reduce((area, point, index) => {
    const before = points[index] as RocPoint;
    const width = point.falsePositiveRate - before.falsePositiveRate;
    return area + (width * (point.truePositiveRate + before.truePositiveRate)) / 2;
  }, 0);
}
