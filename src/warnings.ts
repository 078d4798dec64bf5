import type { Warning } from './types.js';

/** Each warning once. */
export function distinctWarnings(warnings: readonly Warning[]): readonly Warning[] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.message}`, warning])).values()];
}

/** What is known of a caller's value: results have warnings, bare grids have none. */
export function warningsOf(value: object): readonly Warning[] {
  return (value as { readonly warnings?: readonly Warning[] }).warnings ?? [];
}

/** The warnings of one stage after those of earlier ones; what an earlier stage told is not told again. */
export function joinWarnings(earlier: readonly Warning[], later: readonly Warning[]): readonly Warning[] {
  const known = new Set(earlier.map(({ code }) => code));
  return distinctWarnings([...earlier, ...later.filter(({ code }) => !known.has(code))]);
}
