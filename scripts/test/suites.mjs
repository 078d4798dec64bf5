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

/** What measures time, or memory, runs with nothing beside it. */
const kAlone = /^(28|31|45|46|87)\./;
/** Many files wait most of the time: for a browser, a server, a child that starts. */
const kAtOnce = 2;

/** A process of its own, so that a crash of the add-on is told from a failed test. */
async function runTypeScriptFile(file) {
  say(`typescript: test/${file}`);
  const args = ['--import', 'tsx', join('test', file)];
  const options = { cwd: kRoot, env: kTestEnvironment, atEnd: true };
  const { output, exitCode, seconds } = await runProgram(process.execPath, args, options);
  const counts = uvuTally(output, exitCode);
  say(`typescript: test/${file}: ${summary(counts)} (${seconds} s)`);
  return counts;
}

async function runInTurn(files, atOnce) {
  const waiting = [...files];
  let tally = kNothing;
  const lane = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const counts = await runTypeScriptFile(file);
      tally = add(tally, counts);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return tally;
}

/** Every test/NN.topic.ts, in this order. */
export async function runTypeScriptSuite() {
  const files = readdirSync(join(kRoot, 'test')).filter((name) => /^\d\d\..*\.ts$/.test(name));
  const [alone, others] = [true, false].map((is) => files.filter((file) => kAlone.test(file) === is).sort());
  return add(await runInTurn(others, kAtOnce), await runInTurn(alone, 1));
}
