// Counts of a test run, and how they are read from the output of doctest and uvu.

export const kNothing = { passed: 0, failed: 0, skipped: 0 };

export function add(...tallies) {
  const sum = { ...kNothing };
  for (const tally of tallies) for (const key of Object.keys(sum)) sum[key] += tally[key];
  return sum;
}

/** The last line of every run. */
export function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The tally of a summary line, or null. */
export function parseSummary(line) {
  const counts = line.match(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/);
  return counts && { passed: Number(counts[1]), failed: Number(counts[2]), skipped: Number(counts[3] ?? 0) };
}

/** A test that cannot run here says `skipped: why` on a line; it ends as passed in its framework's count. */
function announcedSkips(output) {
  return output.match(/\bskipped: \S/g)?.length ?? 0;
}

/** Counts of one test program; one that died, or ended without a summary, counts as one more failure. */
function checkedTally(counts, output, exitCode) {
  if (counts === null) return { ...kNothing, failed: 1 };
  const announced = Math.min(announcedSkips(output), counts.passed);
  const tally = { ...counts, passed: counts.passed - announced, skipped: counts.skipped + announced };
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** doctest: `[doctest] test cases:  2 |  2 passed | 0 failed | 1 skipped`. */
export function doctestTally(output, exitCode) {
  const line = output.match(/test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/);
  const counts = line ? { passed: Number(line[1]), failed: Number(line[2]), skipped: Number(line[3]) } : null;
  return checkedTally(counts, output, exitCode);
}

/** uvu: the lines `Total:`, `Passed:` and `Skipped:`; a test that never settles leaves no summary. */
export function uvuTally(output, exitCode) {
  const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map((label) =>
    Number(output.match(new RegExp(`^\\s+${label}:\\s+(\\d+)`, 'm'))?.[1] ?? Number.NaN),
  );
  const counts = Number.isNaN(total + passed + skipped) ? null : { passed, failed: total - passed, skipped };
  return checkedTally(counts, output, exitCode);
}
