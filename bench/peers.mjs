/** Installs the peers (once) and runs them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { kCpuWheelIndex, kTorchWheel } from '../scripts/setup/libtorch.mjs';

export const kBench = import.meta.dirname;
export const kRoot = join(kBench, '..');
/** Scans that do not come with the project. */
export const kShared = process.env.HEPATICA_SHARED ?? join(kRoot, '..', 'shared');
export const kData = join(kShared, 'data');
const kVenv = join(kBench, '.venv');
const kPython = join(kVenv, 'bin', 'python');

function run(command, args, options = {}) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
}

/** Python's libraries into bench/.venv; again where others are required than it was made of. */
export function installPython() {
  const requirements = join(kBench, 'peers', 'requirements.txt');
  const complete = join(kVenv, 'complete');
  const required = readFileSync(requirements, 'utf8');
  if (existsSync(complete) && readFileSync(complete, 'utf8') === required) return;
  console.log('installing the Python peers into bench/.venv');
  if (!existsSync(kPython)) run('python3', ['-m', 'venv', kVenv]);
  run(kPython, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  writeFileSync(complete, required);
}

/** Those of Python, dcm2niix from Debian, onnxruntime-node without its download script. */
export function installPeers() {
  installPython();
  if (!existsSync(join(kBench, 'node_modules', 'onnxruntime-node'))) {
    console.log('installing onnxruntime-node into bench/node_modules');
    run('npm', ['install', '--ignore-scripts', '--no-package-lock', '--silent'], { cwd: kBench });
  }
  try {
    run('dcm2niix', ['--version']);
  } catch (error) {
    // dcm2niix ends with a code of its own after printing its version.
    if (error.code === 'ENOENT') {
      console.log('installing dcm2niix from Debian');
      run('apt-get', ['install', '-y', '-qq', 'dcm2niix']);
    }
  }
}

/** PyTorch's CPU build of libtorch's version into bench/.venv. */
export function installTorch() {
  if (existsSync(join(kVenv, 'torch-complete'))) return;
  console.log(`installing ${kTorchWheel} into bench/.venv`);
  run(kPython, ['-m', 'pip', 'install', '--quiet', '--extra-index-url', kCpuWheelIndex, kTorchWheel]);
  run('touch', [join(kVenv, 'torch-complete')]);
}

/** Runs a script of bench/peers; its last line is the JSON of timing.py. */
export function python(script, ...args) {
  const environment = { ...process.env, OMP_NUM_THREADS: undefined };
  // Where these are set for old OpenBLAS builds they slow a current NumPy down.
  for (const name of ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']) delete environment[name];
  const output = run(kPython, [join(kBench, 'peers', script), ...args.map(String)], { env: environment });
  return JSON.parse(output.trim().split('\n').at(-1));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Times `work` after one run that is not counted; ms. */
export async function time(work, repeats) {
  await work();
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const start = process.hrtime.bigint();
    await work();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times;
}

export function machine() {
  return { cpu: cpus()[0]?.model ?? 'unknown', threads: cpus().length, node: process.version };
}

/** Rows of { name, ms, … } as an aligned table with each peer's time over hepatica's. */
export function printTable(title, rows, ours) {
  console.log(`\n${title}`);
  for (const { name, ms, note = '' } of rows) {
    const ratio = name === ours.name ? '' : `${(ms / ours.ms).toFixed(2)}× hepatica's time`;
    console.log(`  ${name.padEnd(34)} ${ms.toFixed(1).padStart(10)} ms  ${ratio.padEnd(22)} ${note}`);
  }
}
