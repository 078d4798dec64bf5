// `npm run test:apps`: installs the packed tarballs as users do, outside the checkout, and runs small programs with them.
//   --layout NAME   one of them, as `npm` or `pnpm`; may be given several times
//   --bare FOLDER   in a Debian 12 of nothing but its base (made there where it is not), instead of the layouts; as root
//   --input FOLDER  the series that the programs read, instead of the phantom
//   --trial         packages made quickly, with the checkout's own add-on (scripts/package.mjs)
// The last line is `N passed, N failed`.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runBare } from './apps/bare.mjs';
import { kIncomplete, kLayouts } from './apps/layouts.mjs';
import { kNextPackages, runNextApp } from './apps/next.mjs';
import { refuseExternalBuffers } from './apps/no-external-buffers.mjs';
import { startRegistry } from './apps/registry.mjs';
import { checkReport, reportIn, succeeds } from './apps/report.mjs';
import { buildNative, buildTypeScript, kBuildFolder } from './build.mjs';
import { kWorkerPackage } from './package/manifests.mjs';
import { makePackages, packagesFolder } from './package.mjs';
import { ensurePhantom, kPhantomFolder } from './phantom.mjs';
import { main, outputOf, run, SetupError, say } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';
import { runProgram } from './test/program.mjs';
import { add, kNothing, summary } from './test/tally.mjs';

const kTools = join(kBuildFolder, 'apps');
const kPrograms = [
  { file: 'esm.mjs', requires: false },
  { file: 'commonjs.cjs', requires: true },
  { file: 'workers.mjs', requires: true },
];
const kProgramFolder = join(kRoot, 'test/apps/programs');
const kFromFiles = 'npm, from files';

/** All that an app's processes see: one Node, a home of their own. No shell, no compiler, no libtorch is named. */
function cleanEnvironment(folder, runtime, more = {}) {
  const bin = join(folder, '.bin', outputOf(runtime, ['--version']).trim());
  if (!existsSync(bin)) {
    mkdirSync(bin, { recursive: true });
    symlinkSync(runtime, join(bin, 'node'));
  }
  return { PATH: bin, HOME: folder, NODE_NO_WARNINGS: '1', ...more };
}

function installTools() {
  mkdirSync(kTools, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(kRoot, 'test/apps', name), join(kTools, name));
  const lock = readFileSync(join(kTools, 'package-lock.json'), 'utf8');
  const stamp = join(kTools, 'node_modules/.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: kTools });
  cpSync(join(kTools, 'package-lock.json'), stamp);
}

/** Every Node that the apps run with besides this one. */
function otherRuntimes() {
  return ['node22', 'node24'].map((name) => join(kTools, 'node_modules', name, 'bin/node'));
}

/** What the checkout's own build reports. */
async function developmentReport(setup, input) {
  buildNative(setup, 'hepatica');
  if (!existsSync(join(kRoot, 'dist/index.js'))) buildTypeScript();
  const folder = join(kBuildFolder, 'apps-reference');
  mkdirSync(folder, { recursive: true });
  cpSync(join(kProgramFolder, 'esm.mjs'), join(folder, 'esm.mjs'));
  const env = { ...process.env, HEPATICA_APP_INPUT: input };
  const { output, exitCode } = await runProgram(process.execPath, ['esm.mjs'], { cwd: folder, env });
  if (exitCode !== 0) throw new SetupError('the development build does not run the program of the test apps');
  return reportIn(output);
}

async function installedApp(name, layout, context) {
  const folder = join(context.folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder);
  layout.prepare(folder, context);
  const env = cleanEnvironment(folder, process.execPath, { NPM_CONFIG_USERCONFIG: context.registry.userconfig });
  const tally = await succeeds(`${name}: install`, layout.install(kTools), { cwd: folder, env });
  cpSync(kProgramFolder, folder, { recursive: true });
  return { folder, tally };
}

async function runLayout(name, layout, context) {
  const { folder, tally: installed } = await installedApp(name, layout, context);
  let tally = installed;
  if (installed.failed > 0) return tally;
  const check = (output) => checkReport(output, folder, context);
  const start = async (label, runtime, args, accept, more) => {
    const options = {
      cwd: folder,
      env: cleanEnvironment(folder, runtime, { HEPATICA_APP_INPUT: context.input, ...more }),
    };
    tally = add(tally, await succeeds(`${name}: ${label}`, layout.run(runtime, args), options, accept));
  };
  for (const { file, requires } of kPrograms) {
    const runtime = requires && layout.requiresOnNode22 ? otherRuntimes()[0] : process.execPath;
    await start(file, runtime, [file], check);
  }
  if (name === 'npm') {
    await runMore(folder, start, check);
    tally = add(tally, await typedPrograms(folder), await runIncomplete(context), await runNext(context));
  }
  rmSync(folder, { recursive: true, force: true });
  return tally;
}

async function runIncomplete(context) {
  const { folder, tally } = await installedApp('npm, without optional packages', kIncomplete, context);
  const options = { cwd: folder, env: cleanEnvironment(folder, process.execPath) };
  const says = (output) => {
    if (!/^ADDON_NOT_FOUND Type: npm install /m.test(output)) return 'no ADDON_NOT_FOUND';
    return /^document of liver$/m.test(output) ? null : 'no documents without the add-on';
  };
  const command = [process.execPath, ['incomplete.mjs']];
  return add(tally, await succeeds('npm, without optional packages: incomplete.mjs', command, options, says));
}

async function runNext(context) {
  const dependencies = { ...context.dependencies, ...kNextPackages };
  const { folder, tally } = await installedApp('Next.js', kLayouts.npm, { ...context, dependencies });
  if (tally.failed > 0) return tally;
  const env = cleanEnvironment(folder, process.execPath);
  const asked = await runNextApp(folder, join(kRoot, 'test/apps/next'), env, context);
  rmSync(folder, { recursive: true, force: true });
  return add(tally, asked);
}

/** What does not depend on the layout. */
async function runMore(folder, start, check) {
  for (const runtime of otherRuntimes()) {
    await start(`esm.mjs on Node ${outputOf(runtime, ['--version']).trim()}`, runtime, ['esm.mjs'], check);
  }
  await start('node --test, two processes', process.execPath, ['--test', 'parallel-1.test.mjs', 'parallel-2.test.mjs']);
  const doctor = ['node_modules/hepatica/dist/cli/main.js', 'doctor'];
  await start('doctor', process.execPath, doctor, (output) =>
    output.includes('SHA-256') ? null : 'no hash of weights',
  );

  const esbuild = join(kTools, 'node_modules/@esbuild/linux-x64/bin/esbuild');
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--external:hepatica', '--outfile=bundle.mjs'];
  run(esbuild, ['esm.mjs', ...bundle], { cwd: folder });
  await start('bundled by esbuild', process.execPath, ['bundle.mjs'], check);

  const addon = join(folder, 'node_modules/@hepatica/linux-x64/prebuilds/linux-x64/hepatica.glibc.node');
  const LD_PRELOAD = refuseExternalBuffers(addon, folder);
  await start('without external buffers, as in Electron', process.execPath, ['esm.mjs'], check, { LD_PRELOAD });
}

/** The types as an app's compiler sees them. */
async function typedPrograms(folder) {
  const tsc = join(kRoot, 'node_modules/.bin/tsc');
  const strict = ['--strict', '--target', 'es2023', '--types', 'node'];
  const types = ['--typeRoots', join(kTools, 'node_modules/@types')];
  const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'];
  symlinkSync(join(kTools, 'node_modules/electron'), join(folder, 'node_modules/electron'));
  const kinds = [
    { name: 'nodenext', file: 'typed.mts', args: ['--module', 'nodenext', '--outDir', 'typed'] },
    { name: 'bundler', file: 'typed.mts', args: bundler },
    // Electron's own declarations do not hold under every check.
    { name: 'Electron main process', file: 'electron.mts', args: [...bundler, '--skipLibCheck'] },
  ];
  let tally = kNothing;
  for (const { name, file, args } of kinds) {
    const command = [tsc, [file, ...strict, ...types, ...args]];
    tally = add(tally, await succeeds(`npm: TypeScript, ${name}`, command, { cwd: folder }));
  }
  return tally;
}

/** `hepatica` from the registry, or each of its packages from its file; the worker is no part of it, but stands upon it. */
function dependenciesOf(name, tarballs) {
  if (name !== kFromFiles) return { hepatica: '*' };
  const own = tarballs.filter(({ name: each }) => each !== kWorkerPackage);
  return Object.fromEntries(own.map(({ name: each, path }) => [each, `file:${path}`]));
}

async function runAll(wanted, context) {
  let tally = kNothing;
  for (const [name, layout] of Object.entries({ ...kLayouts, [kFromFiles]: kLayouts.npm })) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const dependencies = dependenciesOf(name, context.tarballs);
    tally = add(tally, await runLayout(name, layout, { ...context, dependencies }));
  }
  return tally;
}

function tarballsIn(packages) {
  const list = JSON.parse(readFileSync(join(packages, 'packages.json'), 'utf8'));
  return list.map(({ name, file }) => ({ name, path: join(packages, file) }));
}

/** True where npm brings the tools; CI may run where it does not. */
function hasTools() {
  try {
    installTools();
    return true;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`skipped: the tools of the test apps cannot be had from npm (${error.message})`);
    return false;
  }
}

async function runApps({ layout: layouts, trial, bare, input = join(kPhantomFolder, 'dicom') }) {
  if (bare && trial) throw new SetupError("--bare goes without --trial: Debian's libraries are not there", 2);
  if (!hasTools()) return { ...kNothing, skipped: 1 };
  const setup = await setUp();
  const packages = packagesFolder(trial);
  if (trial || !existsSync(join(packages, 'packages.json'))) await makePackages(trial);
  ensurePhantom(setup);
  const reference = await developmentReport(setup, resolve(input));
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hepatica-apps-')));
  const tarballs = tarballsIn(packages);
  const registry = await startRegistry(
    kTools,
    join(kBuildFolder, 'apps-registry'),
    tarballs.map(({ path }) => path),
  );
  const context = { folder, registry, tarballs, reference, trial, input: resolve(input) };
  try {
    return await (bare
      ? runBare(resolve(bare), { ...context, tools: kTools, programs: kProgramFolder })
      : runAll(layouts, context));
  } finally {
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(async () => {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      layout: { ...text, multiple: true },
      trial: { type: 'boolean', default: false },
      bare: text,
      input: text,
    },
  });
  const tally = await runApps(values);
  say(summary(tally));
  return tally.failed > 0 ? 1 : 0;
});
