// Sums the last lines of several test runs (given as arguments) to one; a run without such a line counts as a failure.
import { add, kNothing, parseSummary, summary } from './tally.mjs';

const total = add(...process.argv.slice(2).map((line) => parseSummary(line) ?? { ...kNothing, failed: 1 }));
process.stdout.write(`${summary(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
