// The test suites: doctest programs of the native layers, uvu files of the TypeScript side.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runProgram } from './program.mjs';
import { add, doctestTally, kNothing, summary, uvuTally } from './tally.mjs';

/** Real scans lie beside the project where they are present; tests that need them skip visibly elsewhere. */
export const kTestEnvironment = { HEPATICA_SHARED: join(kRoot, '../shared'), ...process.env };

// Thread blocks in order, backwards, and at random with pre-emption (per mille of the instructions).
const kInterleavings = [
  { PTXSIM_ORDER: 'fwd' },
  { PTXSIM_ORDER: 'rev' },
  { PTXSIM_ORDER: 'rand:7', PTXSIM_PREEMPT: '50' },
];
const kKernelTests = 'hepatica_kernel_tests';

async function runDoctest(folder, program, environment) {
  say(`native: ${[program, ...Object.entries(environment).map((pair) => pair.join('='))].join(' ')}`);
  const env = { ...kTestEnvironment, ...environment };
  const { output, exitCode, seconds } = await runProgram(join(folder, program), ['-nc'], { cwd: kRoot, env });
  const counts = doctestTally(output, exitCode);
  say(`native: ${program}: ${summary(counts)} (${seconds} s)`);
  return counts;
}

/** Every hepatica_LAYER_tests in a folder; the kernels' tests are a suite of their own. */
function nativePrograms(folder) {
  const isTest = (name) => /^hepatica_\w+_tests$/.test(name) && name !== kKernelTests;
  return existsSync(folder) ? readdirSync(folder).filter(isTest).sort() : [];
}

export async function runNativeSuite(folder, environment = {}, programs = nativePrograms(folder)) {
  if (programs.length === 0) return { ...kNothing, failed: 1 };
  let tally = kNothing;
  for (const program of programs) tally = add(tally, await runDoctest(folder, program, environment));
  return tally;
}

/** nvcc's PTX, interpreted on the CPU, in three interleavings. Without nvcc it is skipped, which CI takes as failure. */
export async function runKernelSuite(folder, cuda) {
  if (!cuda.nvcc) {
    say(`kernels: skipped: ${cuda.reason}`);
    return process.env.CI === 'true' ? { ...kNothing, failed: 1 } : { ...kNothing, skipped: 1 };
  }
  let tally = kNothing;
  for (const interleaving of kInterleavings) tally = add(tally, await runDoctest(folder, kKernelTests, interleaving));
  return tally;
}

/** Runs every test/NN.topic.ts in a process of its own, so that a crash of the add-on is told from a failed test. */
export async function runTypeScriptSuite() {
  let tally = kNothing;
  const files = readdirSync(join(kRoot, 'test')).filter((name) => /^\d\d\..*\.ts$/.test(name));
  for (const file of files.sort()) {
    say(`typescript: test/${file}`);
    const args = ['--import', 'tsx', join('test', file)];
    const { output, exitCode, seconds } = await runProgram(process.execPath, args, {
      cwd: kRoot,
      env: kTestEnvironment,
    });
    const counts = uvuTally(output, exitCode);
    say(`typescript: test/${file}: ${summary(counts)} (${seconds} s)`);
    tally = add(tally, counts);
  }
  return tally;
}
