// A Debian 12 of nothing but its base, with Node and npm put in: no compiler, no CMake, no Python, no library that a
// developer's machine happens to have. All that hepatica needs must come by `npm install`.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptProxy, aptRepositories } from '../setup/package-sources.mjs';
import { findOnPath, outputOf, run, SetupError } from '../setup/process.mjs';
import { add } from '../test/tally.mjs';
import { kLayouts } from './layouts.mjs';
import { checkReport, succeeds } from './report.mjs';

const kRelease = 'bookworm';
/** None of these may be there. */
const kBuildTools = ['cc', 'gcc', 'g++', 'c++', 'clang', 'ld', 'make', 'cmake', 'ninja', 'python3', 'python'];

// As the processes inside see it.
const kApp = '/root/app';
const kSeries = '/root/series';
const kTools = '/opt/tools';
const kNode = '/usr/local/bin/node';

function ensureSystem(root) {
  if (existsSync(join(root, 'etc/debian_version'))) return;
  if (!findOnPath('debootstrap')) throw new SetupError(`${root} is empty. Type: apt-get install debootstrap`);
  const [repository] = aptRepositories(kRelease);
  if (!repository) throw new SetupError(`apt has no repository of ${kRelease}. Add one, and type: apt-get update`);
  const env = { ...aptProxy(), ...process.env };
  run('debootstrap', ['--variant=minbase', kRelease, root, repository], { env });
}

function refuseBuildTools(root) {
  const places = ['bin', 'usr/bin', 'usr/local/bin'].flatMap((folder) => kBuildTools.map((name) => join(folder, name)));
  const found = places.filter((place) => existsSync(join(root, place)));
  if (found.length > 0) throw new SetupError(`${root} is not bare: it has ${found.join(', ')}`);
}

function putIn(root, tools, input) {
  for (const folder of [kApp, kSeries, kTools]) rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, kApp), { recursive: true });
  cpSync(join(tools, 'node_modules/node22/bin/node'), join(root, kNode));
  cpSync(join(tools, 'node_modules/npm11'), join(root, kTools, 'node_modules/npm11'), { recursive: true });
  cpSync(input, join(root, kSeries), { recursive: true, dereference: true });
}

/** A command inside, with nothing of this environment; its /proc goes when it ends. */
function inside(root, args) {
  const script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
  const environment = ['PATH=/usr/local/bin:/usr/bin:/bin', 'HOME=/root', `HEPATICA_APP_INPUT=${kSeries}`];
  const command = ['/usr/bin/env', '-i', `--chdir=${kApp}`, ...environment, kNode, ...args];
  return ['unshare', ['--mount', 'sh', '-c', script, root, ...command]];
}

/** Installs from the registry below `root` and runs the README's program and `hepatica doctor` there. */
export async function runBare(root, context) {
  ensureSystem(root);
  refuseBuildTools(root);
  putIn(root, context.tools, context.input);
  kLayouts.npm.prepare(join(root, kApp), { registry: context.registry, dependencies: { hepatica: '*' } });
  const name = `bare Debian, Node ${outputOf(join(root, kNode), ['--version'])?.trim()}`;
  const [, install] = kLayouts.npm.install(kTools);
  let tally = await succeeds(`${name}: install`, inside(root, install), {});
  if (tally.failed > 0) return tally;
  cpSync(join(context.programs, 'esm.mjs'), join(root, kApp, 'esm.mjs'));
  const check = (output) => checkReport(output, kApp, context);
  tally = add(tally, await succeeds(`${name}: esm.mjs`, inside(root, ['esm.mjs']), {}, check));
  const doctor = inside(root, ['node_modules/hepatica/dist/cli/main.js', 'doctor']);
  const isWhole = (output) => (output.includes('SHA-256') ? null : 'no hash of weights');
  tally = add(tally, await succeeds(`${name}: doctor`, doctor, {}, isWhole));
  for (const folder of [kApp, kSeries]) rmSync(join(root, folder), { recursive: true, force: true });
  return tally;
}
