import { createCipheriv, createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CaseLesions, Cases } from './figures.js';
import type { Estimate } from './types.js';

/** A figure of some cases. */
export type FigureOf = (cases: Cases) => number | null;

const kConfidence = 0.95;

/** Integers from 0 to `limit` − 1, evenly, the same for the same seed everywhere: the key stream of AES-256-CTR. */
function randomIntegers(seed: number, limit: number): () => number {
  const key = createHash('sha256').update(`hepatica bootstrap ${seed}`).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(4096);
  // Beyond the last multiple of `limit` the remainders would not be even.
  const usable = 2 ** 32 - (2 ** 32 % limit);
  let block = cipher.update(zeros);
  let offset = 0;
  return () => {
    for (;;) {
      if (offset === block.length) [block, offset] = [cipher.update(zeros), 0];
      const value = block.readUInt32LE(offset);
      offset += 4;
      if (value < usable) return value % limit;
    }
  };
}

/** As many patients as there are, drawn with replacement, each with all their scans. */
export function resamplePatients(cases: Cases, resamples: number, seed: number): Cases[] {
  const scans = new Map<string, CaseLesions[]>();
  for (const one of cases) scans.set(one.patient, [...(scans.get(one.patient) ?? []), one]);
  const byPatient = [...scans.values()];
  const draw = randomIntegers(seed, byPatient.length);
  return Array.from({ length: resamples }, () => byPatient.flatMap(() => byPatient[draw()] as Cases));
}

/** Linear between the closest ranks. */
function quantile(sorted: readonly number[], fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

/** A figure of thousands of resamples takes time: the event loop gets its turn that often. */
const kTurnMs = 15;

async function figures(
  figure: FigureOf,
  resamples: readonly Cases[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const defined: number[] = [];
  let begin = performance.now();
  for (const cases of resamples) {
    if (performance.now() - begin > kTurnMs) {
      await nextTurn();
      signal?.throwIfAborted();
      begin = performance.now();
    }
    const value = figure(cases);
    if (value !== null) defined.push(value);
  }
  return defined;
}

/**
 * The figure with its percentile interval. Resamples in which it is not defined (no lesion of a type drawn, say) are left
 * out; where that is every second one, there is no interval.
 */
export async function estimate(
  figure: FigureOf,
  cases: Cases,
  resamples: readonly Cases[],
  signal?: AbortSignal,
): Promise<Estimate> {
  await nextTurn();
  signal?.throwIfAborted();
  const value = figure(cases);
  const drawn = value === null ? [] : await figures(figure, resamples, signal);
  if (drawn.length === 0 || drawn.length <= resamples.length / 2) return { value, low: null, high: null };
  drawn.sort((a, b) => a - b);
  const tail = (1 - kConfidence) / 2;
  return { value, low: quantile(drawn, tail), high: quantile(drawn, 1 - tail) };
}
