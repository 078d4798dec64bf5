import type { LesionCaseEvaluation, LesionEvaluation, ReferenceLesion } from './types.js';

/** Lesions by the diameter of the ball of their volume. */
interface SizeClass {
  readonly label: string;
  readonly minMm: number;
  readonly maxMm: number;
}

const kSizeClasses: readonly SizeClass[] = [
  { label: '< 10 mm', minMm: 0, maxMm: 10 },
  { label: '10–20 mm', minMm: 10, maxMm: 20 },
  { label: '20–50 mm', minMm: 20, maxMm: 50 },
  { label: '≥ 50 mm', minMm: 50, maxMm: Number.POSITIVE_INFINITY },
];

function ofSize(cases: readonly LesionCaseEvaluation[], { minMm, maxMm }: SizeClass) {
  return cases.flatMap((one) =>
    one.references
      .filter(({ diameterMm }) => diameterMm >= minMm && diameterMm < maxMm)
      .map((lesion) => ({ one, lesion })),
  );
}

export interface SizeDetection {
  readonly size: string;
  readonly lesions: number;
  /** At IoU above 0, and above 0.5. */
  readonly found: readonly [number, number];
}

/** How many reference lesions of each size were found; sizes without lesions are left out. */
export function detectionBySize({ cases }: LesionEvaluation): SizeDetection[] {
  return kSizeClasses.flatMap((size) => {
    const lesions = ofSize(cases, size).map(({ lesion }) => lesion);
    const above = (limit: number) => lesions.filter(({ iou }) => iou !== null && iou > limit).length;
    return lesions.length === 0 ? [] : [{ size: size.label, lesions: lesions.length, found: [above(0), above(0.5)] }];
  });
}

export interface FreeResponsePoint {
  readonly size: string;
  readonly falseAlarmsPerCase: number;
  readonly recall: number;
}

function scoreOf({ predictions }: LesionCaseEvaluation, { prediction }: ReferenceLesion): number | null {
  return predictions.find(({ id }) => id === prediction)?.detectionProbability ?? null;
}

/**
 * Free-response curves: as the limit of the detection probability falls, the recall (IoU above 0) of each size against
 * the false alarms a case. A lesion has the probability of the prediction that covers most of it. Empty where predictions
 * have no probabilities.
 */
export function freeResponse({ cases }: LesionEvaluation): FreeResponsePoint[] {
  const predictions = cases.flatMap((one) => one.predictions);
  const scores = predictions.flatMap(({ detectionProbability }) => detectionProbability ?? []);
  if (scores.length === 0 || scores.length < predictions.length) return [];
  const alarms = predictions
    .filter(({ iou }) => iou === null)
    .map(({ detectionProbability }) => detectionProbability ?? 0);
  const limits = [...new Set(scores)].sort((a, b) => b - a);
  return kSizeClasses.flatMap((size) => {
    const found = ofSize(cases, size).map(({ one, lesion }) => scoreOf(one, lesion));
    if (found.length === 0) return [];
    const points = limits.map((limit) => ({
      size: size.label,
      falseAlarmsPerCase: alarms.filter((score) => score >= limit).length / cases.length,
      recall: found.filter((score) => score !== null && score >= limit).length / found.length,
    }));
    return [{ size: size.label, falseAlarmsPerCase: 0, recall: 0 }, ...points];
  });
}
