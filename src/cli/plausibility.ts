import type { Judged, Warning } from '../types.js';
import { kExitCodes, type Session } from './session.js';

/** The first line of the result, where it is not plausible. */
export function verdictLines({ plausibility, plausibilityReasons }: Judged): string[] {
  if (plausibility === 'plausible') return [];
  const advice = plausibility === 'implausible' ? 'this cannot be right, do not use it' : 'look at the pictures';
  return [`${plausibility.toUpperCase()} (${plausibilityReasons.map(({ code }) => code).join(', ')}): ${advice}`];
}

/** The verdict and its reasons before the other warnings; `of`: whose scan, where a command goes through many. */
export function warnOfResult(
  result: Judged & { readonly warnings: readonly Warning[] },
  session: Session,
  of = '',
): void {
  for (const line of verdictLines(result)) session.note(`${of && `${of}: `}${line}`);
  session.warn(result.plausibilityReasons, of);
  session.warn(result.warnings, of);
}

export interface ImplausibleOptions {
  readonly acceptImplausible?: boolean;
}

export function setExitCode({ plausibility }: Judged, options: ImplausibleOptions): void {
  if (plausibility === 'implausible' && !options.acceptImplausible) process.exitCode = kExitCodes.implausible;
}
