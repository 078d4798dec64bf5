import type { Judged, Warning } from '../types.js';
import { kExitCodes, type Session } from './session.js';

/** The first line of the result, where it is not plausible. */
export function verdictLines({ plausibility, plausibilityReasons }: Judged): string[] {
  if (plausibility === 'plausible') return [];
  const advice = plausibility === 'implausible' ? 'this cannot be right, do not use it' : 'look at the pictures';
  return [`${plausibility.toUpperCase()} (${plausibilityReasons.map(({ code }) => code).join(', ')}): ${advice}`];
}

/** The verdict and its reasons before the other warnings. */
export function warnOfResult(result: Judged & { readonly warnings: readonly Warning[] }, session: Session): void {
  for (const line of verdictLines(result)) session.note(line);
  session.warn(result.plausibilityReasons);
  session.warn(result.warnings);
}

export function setExitCode({ plausibility }: Judged, options: { readonly acceptImplausible?: boolean }): void {
  if (plausibility === 'implausible' && !options.acceptImplausible) process.exitCode = kExitCodes.implausible;
}
