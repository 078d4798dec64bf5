// `npm run test:apps`: installs the packed tarballs as users do, outside the checkout, and runs small programs with them.
// The last line is `N passed, N failed`.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { kLayouts } from './apps/layouts.mjs';
import { packedPackages, startRegistry } from './apps/registry.mjs';
import { kBuildFolder } from './build.mjs';
import { kPackages } from './package/stage.mjs';
import { ensurePhantom, kPhantomFolder } from './phantom.mjs';
import { main, outputOf, run, SetupError, say } from './setup/process.mjs';
import { kRoot, setUp } from './setup.mjs';
import { runProgram } from './test/program.mjs';
import { add, kNothing, summary } from './test/tally.mjs';

const kTools = join(kBuildFolder, 'apps');
const kPrograms = ['esm.mjs', 'commonjs.cjs', 'workers.mjs'];

/** What a user's machine has: Node, a shell, a home of its own; no compiler is looked for, no libtorch is named. */
function cleanEnvironment(home, runtime) {
  return {
    PATH: `${dirname(runtime)}:/usr/bin:/bin`,
    HOME: home,
    CC: '/bin/false',
    CXX: '/bin/false',
    HEPATICA_APP_INPUT: join(kPhantomFolder, 'dicom'),
    NODE_NO_WARNINGS: '1',
  };
}

async function succeeds(name, [command, args], options, accept = () => true) {
  const { output, exitCode } = await runProgram(command, args, options);
  const passed = exitCode === 0 && accept(output);
  say(`apps: ${name}: ${passed ? 'passed' : 'failed'}`);
  return { ...kNothing, [passed ? 'passed' : 'failed']: 1 };
}

function volumeIsThere(output) {
  const line = output.split('\n').find((text) => text.startsWith('{'));
  return line !== undefined && JSON.parse(line).volumeMl > 0;
}

function tools() {
  mkdirSync(kTools, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) {
    const file = join(kRoot, 'test/apps', name);
    if (existsSync(file)) cpSync(file, join(kTools, name));
  }
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: kTools });
  return kTools;
}

/** Every Node that the apps run with: this one, and those that npm has. */
function runtimes(folder) {
  const others = ['node22', 'node24'].map((name) => join(folder, 'node_modules', name, 'bin/node'));
  return [process.execPath, ...others.filter((path) => existsSync(path))];
}

async function installedApp(name, layout, context) {
  const folder = join(context.folder, name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder);
  layout.prepare(folder, context);
  const env = { ...cleanEnvironment(folder, process.execPath), NPM_CONFIG_USERCONFIG: context.registry.userconfig };
  const installed = await succeeds(`${name}: install`, layout.install(context.tools), { cwd: folder, env });
  cpSync(join(kRoot, 'test/apps/programs'), folder, { recursive: true });
  return { folder, tally: installed };
}

async function runLayout(name, layout, context) {
  const { folder, tally: installed } = await installedApp(name, layout, context);
  let tally = installed;
  if (installed.failed > 0) return tally;
  const start = async (label, runtime, args, accept) => {
    const options = { cwd: folder, env: cleanEnvironment(folder, runtime) };
    tally = add(tally, await succeeds(`${name}: ${label}`, layout.run(runtime, args), options, accept));
  };
  for (const program of kPrograms) await start(program, process.execPath, [program], volumeIsThere);
  if (name !== 'npm') return tally;

  for (const runtime of runtimes(context.tools).slice(1)) {
    const version = outputOf(runtime, ['--version'])?.trim();
    await start(`esm.mjs on Node ${version}`, runtime, ['esm.mjs'], volumeIsThere);
  }
  await start('node --test, two processes', process.execPath, ['--test', 'parallel-1.test.mjs', 'parallel-2.test.mjs']);
  await start('doctor', process.execPath, ['node_modules/hepatica/dist/cli/main.js', 'doctor'], (output) =>
    output.includes('SHA-256'),
  );
  const esbuild = join(context.tools, 'node_modules/@esbuild/linux-x64/bin/esbuild');
  const bundle = [
    'esm.mjs',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--external:hepatica',
    '--outfile=bundle.mjs',
  ];
  run(esbuild, bundle, { cwd: folder });
  await start('bundled by esbuild', process.execPath, ['bundle.mjs'], volumeIsThere);
  return add(tally, await typedPrograms(folder, context));
}

/** The types as an app's compiler sees them. */
async function typedPrograms(folder, context) {
  const tsc = join(kRoot, 'node_modules/.bin/tsc');
  const strict = ['--strict', '--target', 'es2023', '--skipLibCheck', 'false', '--types', 'node'];
  const types = ['--typeRoots', join(kRoot, 'node_modules/@types')];
  const kinds = [
    { module: 'nodenext', args: ['--module', 'nodenext', '--outDir', 'typed-nodenext'] },
    { module: 'bundler', args: ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'] },
  ];
  let tally = kNothing;
  for (const { module, args } of kinds) {
    const command = [tsc, ['typed.mts', ...strict, ...types, ...args]];
    tally = add(tally, await succeeds(`npm: TypeScript, ${module}`, command, { cwd: folder, env: context.env }));
  }
  return tally;
}

/** By file, without a registry for hepatica's own packages. */
async function runFromFiles(context) {
  const byFile = Object.fromEntries(
    packedPackages(kPackages).map((tarball) => {
      const [, scope, name] = tarball.match(/^(hepatica-(?=[a-z]))?(.+?)-\d+\.\d+\.\d+.*\.tgz$/);
      return [scope ? `@hepatica/${name}` : name, `file:${join(kPackages, tarball)}`];
    }),
  );
  return runLayout('npm, from files', kLayouts.npm, { ...context, dependencies: byFile });
}

async function runAll(context) {
  let tally = kNothing;
  for (const [name, layout] of Object.entries(kLayouts)) tally = add(tally, await runLayout(name, layout, context));
  return add(tally, await runFromFiles(context));
}

await main(async () => {
  const setup = await setUp({ packaging: true });
  if (!existsSync(join(kPackages, 'packages.json'))) run(process.execPath, [join(kRoot, 'scripts/package.mjs')]);
  ensurePhantom(setup);
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-apps-'));
  const tarballs = readdirSync(kPackages).filter((name) => name.endsWith('.tgz'));
  if (tarballs.length < 3) throw new SetupError(`${kPackages} holds ${tarballs.length} tarballs: npm run package`);
  const installed = tools();
  const registry = await startRegistry(
    installed,
    join(kBuildFolder, 'apps-registry'),
    tarballs.map((name) => join(kPackages, name)),
  );
  try {
    const dependencies = { hepatica: '*' };
    const tally = await runAll({ folder, registry, tools: installed, dependencies, env: process.env });
    say(summary(tally));
    return tally.failed > 0 ? 1 : 0;
  } finally {
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
