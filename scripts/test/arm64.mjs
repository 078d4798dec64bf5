// The layers without torch, compiled for Linux on arm64 with Debian's cross compiler, and their tests run by QEMU's user
// mode: what belongs to one processor lies in native/platform.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildJobs, kBuildFolder } from '../build.mjs';
import { installCrossCompiler } from '../setup/debian.mjs';
import { findOnPath, say } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';
import { runProgram } from './program.mjs';
import { kTestEnvironment } from './suites.mjs';
import { add, doctestTally, kNothing, summary } from './tally.mjs';

const kCompiler = 'aarch64-linux-gnu-g++';
const kEmulator = 'qemu-aarch64';
const kSystemRoot = '/usr/aarch64-linux-gnu';
// Those that take long where each instruction is translated are left out.
const kEmulated = ['hepatica_platform_tests', 'hepatica_core_tests', 'hepatica_ops_tests', 'hepatica_grid_tests'];

async function runEmulated(folder) {
  if (!findOnPath(kEmulator)) {
    say(`arm64: tests skipped: ${kEmulator} is not installed`);
    return { ...kNothing, skipped: 1 };
  }
  let tally = kNothing;
  for (const program of kEmulated.filter((name) => readdirSync(folder).includes(name))) {
    const { output, exitCode } = await runProgram(kEmulator, ['-L', kSystemRoot, join(folder, program), '-nc'], {
      cwd: kRoot,
      env: kTestEnvironment,
    });
    const counts = doctestTally(output, exitCode);
    say(`arm64: ${program}: ${summary(counts)}`);
    tally = add(tally, counts);
  }
  return tally;
}

/** The build counts as one test; without the cross compiler it is skipped. */
export async function runArm64Suite() {
  installCrossCompiler();
  if (!findOnPath(kCompiler)) {
    say(`arm64: skipped: ${kCompiler} is not installed`);
    return { ...kNothing, skipped: 1 };
  }
  const folder = join(kBuildFolder, 'arm64');
  say(`arm64: the layers without torch in ${folder}`);
  const configured = await runProgram('cmake', ['-S', join(kRoot, 'scripts/arm64'), '-B', folder, '-G', 'Ninja']);
  const built =
    configured.exitCode === 0 &&
    (await runProgram('cmake', ['--build', folder, '--parallel', String(buildJobs())])).exitCode === 0;
  if (!built) return { ...kNothing, failed: 1 };
  return add({ ...kNothing, passed: 1 }, await runEmulated(folder));
}
