// What a program of a test app must report, and the line that tells whether it did.
import { say } from '../setup/process.mjs';
import { runProgram } from '../test/program.mjs';
import { kNothing } from '../test/tally.mjs';

const kSystem = /\/(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux-x86-64)\.so(\.\d+)*$/;
/** In a trial Debian's DCMTK and what that needs are the system's too. */
const kTrialSystem = /^\/usr\/lib\/x86_64-linux-gnu\/(?!.*(torch|c10|gomp))/;

/** `accept` returns what is wrong with the output, or null. */
export async function succeeds(name, [command, args], options, accept = () => null) {
  const { output, exitCode } = await runProgram(command, args, options);
  const complaint = exitCode === 0 ? accept(output) : `exit code ${exitCode}`;
  say(`apps: ${name}: ${complaint === null ? 'passed' : `failed: ${complaint}`}`);
  return { ...kNothing, [complaint === null ? 'passed' : 'failed']: 1 };
}

export function reportIn(output) {
  const line = output.split('\n').find((text) => text.startsWith('{'));
  return line === undefined ? null : JSON.parse(line);
}

/** A program's report must be the development build's, its libraries the app's own or the system's. */
export function checkReport(output, folder, { reference, trial }) {
  const report = reportIn(output);
  if (report === null) return 'no report';
  if (report.volumeMl !== reference.volumeMl) return `${report.volumeMl} ml, not ${reference.volumeMl}`;
  if (report.result === undefined) return null;
  if (report.result !== reference.result) return 'other bytes than those of the development build';
  const isExpected = (path) => path.startsWith(`${folder}/`) || (trial ? kTrialSystem : kSystem).test(path);
  const foreign = report.libraries.filter((path) => !isExpected(path));
  return foreign.length > 0 ? `loaded ${foreign.join(', ')}` : null;
}
