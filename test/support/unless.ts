// Tests of what may be missing on a machine.
import type { uvu } from 'uvu';

/** The suite's `test`, or, where something is missing, what says so and runs nothing. */
export function unless<Context>(
  missing: string,
  test: uvu.Test<Context>,
): (name: string, run: uvu.Callback<Context>) => void {
  return missing ? (name) => console.log(`skipped: ${name} (${missing})`) : test;
}
