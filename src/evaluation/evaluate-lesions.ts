import { abortable } from '../input/abortable.js';
import { checkOptions, invalidArgument } from '../schema/check.js';
import { evaluateLesionsOptions } from '../schema/evaluate.js';
import type { EvaluateLesionsOptions, RunOptions, RvdConvention, Warning } from '../types.js';
import { distinctWarnings, warningsOf } from '../warnings.js';
import { estimate, type FigureOf, resamplePatients } from './bootstrap.js';
import { checkCase } from './check-case.js';
import { type CaseLesions, type Cases, falseAlarmsPerCase, lesionDice } from './figures.js';
import { matchCase } from './match-case.js';
import { detectionOf, type Evaluate, globalOverlapOf, perCaseOverlapOf, typingOf } from './summary.js';
import type { Estimate, LesionCase, LesionCaseEvaluation, LesionEvaluation, PooledLesionEvaluation } from './types.js';

async function caseEvaluation(lesions: CaseLesions): Promise<LesionCaseEvaluation> {
  const evaluate: Evaluate<number | null> = async (figure: FigureOf) => figure([lesions]);
  const { counts, confusion, scored, ...rest } = lesions;
  return {
    ...rest,
    detection: await detectionOf([lesions], evaluate),
    lesionDice: lesionDice([lesions]),
    typing: await typingOf([lesions], evaluate),
  };
}

async function pooledEvaluation(
  cases: Cases,
  convention: RvdConvention,
  evaluate: Evaluate<Estimate>,
): Promise<PooledLesionEvaluation> {
  const count = (of: (one: CaseLesions) => readonly unknown[]) => cases.reduce((sum, one) => sum + of(one).length, 0);
  return {
    patients: new Set(cases.map(({ patient }) => patient)).size,
    cases: cases.length,
    referenceLesions: count(({ references }) => references),
    predictedLesions: count(({ predictions }) => predictions),
    detection: await detectionOf(cases, evaluate),
    falseAlarmsPerCase: await evaluate(falseAlarmsPerCase),
    perCase: await perCaseOverlapOf(evaluate),
    global: await globalOverlapOf(convention, evaluate),
    lesionDice: await evaluate(lesionDice),
    typing: await typingOf(cases, evaluate),
  };
}

/** The progress of one of `count` cases as a part of the whole; none where their number is not known. */
function caseOptions(options: RunOptions, index: number, count: number | null): RunOptions {
  const { onProgress, ...rest } = options;
  if (!onProgress || count === null) return rest;
  return {
    ...rest,
    onProgress: ({ stage, fraction }) => onProgress({ stage, fraction: (index + fraction) / count }),
  };
}

/** Of a classification, or of the mask that was read. */
function caseWarnings({ patient, prediction, reference }: LesionCase): Warning[] {
  const found = [prediction, reference].flatMap((side) =>
    'mask' in side && 'size' in side.mask ? warningsOf(side.mask) : warningsOf(side),
  );
  return found.map(({ code, message }) => ({ code, message: `${patient}: ${message}` }));
}

function checkIterable(cases: unknown): asserts cases is Iterable<LesionCase> | AsyncIterable<LesionCase> {
  const iterable =
    typeof cases === 'object' && cases !== null && (Symbol.iterator in cases || Symbol.asyncIterator in cases);
  if (!iterable) throw invalidArgument('cases', 'an array or (async) iterable of cases', cases);
}

/**
 * Evaluates found lesions against reference lesions: detection as the LiTS challenge scores it, overlap, and types where
 * they are known; by case, and pooled with 95 % intervals by bootstrap over patients.
 *
 * @param cases - one for each scan; an iterable or async iterable is taken one after the other, so that only one scan's
 *   masks need be in memory: what was given may be disposed of when the next one is asked for
 * @throws {@link InvalidArgumentError} `INVALID_ARGUMENT` where there is no case,
 *   `GEOMETRY_MISMATCH` where the grids of a case differ
 */
export async function evaluateLesions(
  cases: Iterable<LesionCase> | AsyncIterable<LesionCase>,
  options: EvaluateLesionsOptions = {},
): Promise<LesionEvaluation> {
  const { convention, resamples, seed } = checkOptions(evaluateLesionsOptions, options);
  checkIterable(cases);
  const { signal, onProgress, threads } = options;
  const run: RunOptions = {
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(threads !== undefined && { threads }),
  };
  const matched: CaseLesions[] = [];
  const warnings: Warning[] = [];
  for await (const one of abortable(cases, signal)) {
    const checked = checkCase(one, `cases[${matched.length}]`);
    const count = Array.isArray(cases) ? cases.length : null;
    warnings.push(...caseWarnings(one));
    matched.push(await matchCase(checked, convention, caseOptions(run, matched.length, count)));
  }
  if (matched.length === 0) throw invalidArgument('cases', 'at least one case', matched);
  // Of a single patient nothing can be said about others.
  const patients = new Set(matched.map(({ patient }) => patient)).size;
  const drawn = patients > 1 ? resamplePatients(matched, resamples, seed) : [];
  const pooled = await pooledEvaluation(matched, convention, (figure) => estimate(figure, matched, drawn, signal));
  const evaluated = await Promise.all(matched.map(caseEvaluation));
  signal?.throwIfAborted();
  return { convention, resamples, seed, pooled, cases: evaluated, warnings: distinctWarnings(warnings) };
}
