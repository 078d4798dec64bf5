// The test suites: doctest programs of the native layers, uvu files of the TypeScript side.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runProgram } from './program.mjs';
import { add, doctestTally, kNothing, summary, uvuTally } from './tally.mjs';

/** Real scans lie beside the project where they are present; tests that need them skip visibly elsewhere. */
export const kTestEnvironment = { HEPATICA_SHARED: join(kRoot, '../shared'), ...process.env };

/** Runs every hepatica_LAYER_tests in a folder. */
export async function runNativeSuite(folder, environment = {}) {
  let tally = kNothing;
  const programs = existsSync(folder) ? readdirSync(folder).filter((name) => /^hepatica_\w+_tests$/.test(name)) : [];
  for (const program of programs.sort()) {
    say(`native: ${program}`);
    const env = { ...kTestEnvironment, ...environment };
    const { output, exitCode } = await runProgram(join(folder, program), ['-nc'], { cwd: kRoot, env });
    const counts = doctestTally(output, exitCode);
    say(`native: ${program}: ${summary(counts)}`);
    tally = add(tally, counts);
  }
  return programs.length > 0 ? tally : { ...kNothing, failed: 1 };
}

/** Runs every test/NN.topic.ts in a process of its own, so that a crash of the add-on is told from a failed test. */
export async function runTypeScriptSuite() {
  let tally = kNothing;
  const files = readdirSync(join(kRoot, 'test')).filter((name) => /^\d\d\..*\.ts$/.test(name));
  for (const file of files.sort()) {
    say(`typescript: test/${file}`);
    const args = ['--import', 'tsx', join('test', file)];
    const { output, exitCode } = await runProgram(process.execPath, args, { cwd: kRoot, env: kTestEnvironment });
    const counts = uvuTally(output, exitCode);
    say(`typescript: test/${file}: ${summary(counts)}`);
    tally = add(tally, counts);
  }
  return tally;
}
