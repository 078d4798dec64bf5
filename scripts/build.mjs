// `npm run build`: sets up, then builds the native add-on (cmake-js drives CMake) and the TypeScript sources.
//   --native       only the add-on    --tests   the native tests too
//   --typescript   only the TypeScript sources, without a set-up
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildBundles } from './bundles.mjs';
import { main, run, say } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';

const kBinaries = join(kRoot, 'node_modules/.bin');
export const kBuildFolder = join(kRoot, 'build');

/** A unit with torch/torch.h takes up to 3 GiB: never more than two at once. */
export function buildJobs() {
  return Math.max(1, Math.min(2, availableParallelism(), Math.floor(totalmem() / 4e9)));
}

/** Configures again only where the options changed; CMake itself watches its own files. */
function configure(libtorch, cuda, staticLibraries) {
  const kernels = cuda.nvcc ? ['--CDHEPATICA_CUDA=ON', `--CDHEPATICA_NVCC=${cuda.nvcc}`] : ['--CDHEPATICA_CUDA=OFF'];
  const packaged = `--CDHEPATICA_STATIC_LIBRARIES=${staticLibraries ?? ''}`;
  const options = [`--CDHEPATICA_LIBTORCH=${libtorch}`, '--CDHEPATICA_UNITY=ON', packaged, ...kernels];
  const stampPath = join(kBuildFolder, 'configured-with.json');
  const stamp = JSON.stringify(options);
  const isConfigured = existsSync(join(kBuildFolder, 'CMakeCache.txt')) && existsSync(stampPath);
  if (isConfigured && readFileSync(stampPath, 'utf8') === stamp) return;
  mkdirSync(kBuildFolder, { recursive: true });
  const arguments_ = ['configure', '--out', kBuildFolder, '--config', 'Release', '--log-level', 'warn', ...options];
  run(join(kBinaries, 'cmake-js'), arguments_, { cwd: kRoot });
  writeFileSync(stampPath, stamp);
}

/** Builds CMake's `target`, incrementally; `staticLibraries` (a folder) adds the targets of the released add-on. */
export function buildNative({ libtorch, cuda }, target, staticLibraries) {
  say(`build: ${target} (CMake, ${buildJobs()} jobs)`);
  configure(libtorch, cuda, staticLibraries);
  const options = ['--out', kBuildFolder, '--config', 'Release', '--parallel', String(buildJobs())];
  const start = performance.now();
  run(join(kBinaries, 'cmake-js'), ['build', '--target', target, '--log-level', 'warn', ...options], { cwd: kRoot });
  say(`build: ${target} took ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

export function buildTypeScript(folder = join(kRoot, 'dist')) {
  say('build: TypeScript');
  rmSync(folder, { recursive: true, force: true });
  run(join(kBinaries, 'tsc'), ['-p', 'tsconfig.json', '--outDir', folder], { cwd: kRoot });
  buildBundles(folder);
  // npm sets the bit where it links the command, at installation; in a checkout the file is a new one since.
  chmodSync(join(folder, 'cli/main.js'), 0o755);
}

/** `@hepatica/worker`, whose types are those of the built package. */
export function buildWorker() {
  const package_ = join(kRoot, 'packages/worker');
  say('build: @hepatica/worker');
  rmSync(join(package_, 'dist'), { recursive: true, force: true });
  run(join(kBinaries, 'tsc'), ['-p', package_], { cwd: kRoot });
  chmodSync(join(package_, 'dist/main.js'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const flag = { type: 'boolean' };
    const { values } = parseArgs({ options: { native: flag, tests: flag, typescript: flag } });
    if (values.typescript) {
      buildTypeScript();
      buildWorker();
      return;
    }
    const setup = await setUp({ tests: values.tests });
    buildNative(setup, values.tests ? 'all' : 'hepatica');
    if (!values.native) {
      buildTypeScript();
      buildWorker();
    }
  });
}
