import { isMalignant, kLesionTypes } from '../lesions/lesion-types.js';
import { native } from '../native/load.js';
import type { LesionType, RvdConvention } from '../types.js';
import type { FigureOf } from './bootstrap.js';
import {
  areaUnder,
  binaryFigures,
  type Cases,
  calibrationBins,
  calibrationError,
  confusionOf,
  countsOf,
  globalOverlap,
  mean,
  oneAgainstRest,
  pooledCounts,
  ratio,
  rocOf,
  typedLesions,
} from './figures.js';
import type { BinaryFigures, LesionDetection, LesionOverlap, LesionTyping } from './types.js';

/** Makes a figure of a function of cases: its value alone, or its value with an interval. */
export type Evaluate<Figure> = (figure: FigureOf) => Promise<Figure>;

/** The limits of intersection over union at which detection is counted; the native side's kIouLimits. */
export const kIouLimits = [0, 0.5] as const;

export async function detectionOf<Figure>(
  cases: Cases,
  evaluate: Evaluate<Figure>,
): Promise<LesionDetection<Figure>[]> {
  const detections = [];
  for (const [limit, iouLimit] of kIouLimits.entries()) {
    const counted = (figure: (counts: { tp: number; fp: number; fn: number }) => number | null) =>
      evaluate((some) => figure(countsOf(some, limit)));
    detections.push({
      iouLimit,
      ...countsOf(cases, limit),
      recall: await counted(({ tp, fn }) => ratio(tp, tp + fn)),
      precision: await counted(({ tp, fp }) => ratio(tp, tp + fp)),
      f1: await counted(({ tp, fp, fn }) => ratio(2 * tp, 2 * tp + fp + fn)),
    });
  }
  return detections;
}

async function binary<Figure>(
  counts: (cases: Cases) => Parameters<typeof binaryFigures>[0],
  evaluate: Evaluate<Figure>,
): Promise<BinaryFigures<Figure>> {
  const figure = (name: keyof ReturnType<typeof binaryFigures>) =>
    evaluate((cases) => binaryFigures(counts(cases))[name]);
  return {
    accuracy: await figure('accuracy'),
    sensitivity: await figure('sensitivity'),
    specificity: await figure('specificity'),
  };
}

export async function typingOf<Figure>(cases: Cases, evaluate: Evaluate<Figure>): Promise<LesionTyping<Figure>> {
  const against = (isPositive: (type: LesionType) => boolean) =>
    binary((some) => oneAgainstRest(confusionOf(some), isPositive), evaluate);
  const perType: Partial<Record<LesionType, BinaryFigures<Figure>>> = {};
  for (const type of kLesionTypes) perType[type] = await against((other) => other === type);
  const confusion = confusionOf(cases);
  return {
    lesions: typedLesions(confusion),
    confusion,
    // Each wrong lesion is one false negative of its type.
    accuracy: await evaluate((some) => binaryFigures(pooledCounts(confusionOf(some))).sensitivity),
    pooled: await binary((some) => pooledCounts(confusionOf(some)), evaluate),
    perType: perType as Record<LesionType, BinaryFigures<Figure>>,
    malignancy: {
      ...(await against(isMalignant)),
      auc: await evaluate((some) => areaUnder(rocOf(some.flatMap(({ scored }) => scored)))),
    },
    calibration: {
      error: await evaluate((some) => calibrationError(some.flatMap(({ scored }) => scored))),
      bins: calibrationBins(cases.flatMap(({ scored }) => scored)),
    },
  };
}

export async function perCaseOverlapOf<Figure>(
  evaluate: Evaluate<Figure>,
): Promise<LesionOverlap<Figure> & { readonly absoluteRvd: Figure }> {
  return {
    dice: await evaluate((some) => mean(some.map(({ dice }) => dice))),
    voe: await evaluate((some) => mean(some.map(({ voe }) => voe))),
    rvd: await evaluate((some) => mean(some.map(({ rvd }) => rvd))),
    absoluteRvd: await evaluate((some) => mean(some.map(({ rvd }) => rvd && Math.abs(rvd)))),
  };
}

export async function globalOverlapOf<Figure>(
  convention: RvdConvention,
  evaluate: Evaluate<Figure>,
): Promise<LesionOverlap<Figure>> {
  const { binding } = await native();
  return {
    dice: await evaluate((some) => globalOverlap(binding, some, convention).dice),
    voe: await evaluate((some) => globalOverlap(binding, some, convention).voe),
    rvd: await evaluate((some) => globalOverlap(binding, some, convention).rvd),
  };
}
