// libtorch: headers and libraries of one pinned version, from the first place that has them:
//   HEPATICA_LIBTORCH, vendor/libtorch, the torch wheel of the Python package index, PyTorch's own archive.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { download } from './download.mjs';
import { outputOf, run, SetupError, say } from './process.mjs';

// The add-on checks the same version before it loads a libtorch.
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
export const kLibtorchVersion = manifest.hepatica.libtorch;
export const kTorchWheel = `torch==${kLibtorchVersion}`;
const kStamp = 'hepatica-libtorch.json';
const kLibraries = [/^libtorch\.so$/, /^libtorch_cpu\.so$/, /^libc10\.so$/, /^libgomp.*\.so\.1$/];
const kVersionHeader = 'include/torch/headeronly/version.h';

// PyTorch's own index has CPU wheels; the Python package index, which is asked too, has CUDA builds for Linux.
export const kCpuWheelIndex = 'https://download.pytorch.org/whl/cpu';
const kArchive = `https://download.pytorch.org/libtorch/cpu/libtorch-shared-with-deps-${kLibtorchVersion}%2Bcpu.zip`;
// PyTorch publishes no checksum beside its archives; this is the value that other public projects pin for this file.
const kArchiveSha256 = 'edbf4cbed78433d803e90a65f1752e57783d164bce66c95c0872b2ab8f5c159e';

/** The version that a folder's headers declare, or null. */
function declaredVersion(folder) {
  const header = join(folder, kVersionHeader);
  if (!existsSync(header)) return null;
  const text = readFileSync(header, 'utf8');
  const part = (name) => text.match(new RegExp(`define TORCH_VERSION_${name} (\\d+)`))?.[1];
  return `${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
}

/** `{ name: bytes }` of the libraries that hepatica links; throws a SetupError naming what the folder lacks. */
function libraryFiles(folder) {
  const present = existsSync(join(folder, 'lib')) ? readdirSync(join(folder, 'lib')) : [];
  const files = {};
  for (const pattern of kLibraries) {
    const name = present.find((file) => pattern.test(file));
    if (!name) throw new SetupError(`${folder} holds no lib/${pattern.source.replace(/[\\^$]/g, '')}`);
    files[name] = statSync(join(folder, 'lib', name)).size;
  }
  return files;
}

/** Throws a SetupError unless the folder is a libtorch of the pinned version. */
export function checkLibtorch(folder) {
  const version = declaredVersion(folder);
  if (version === null) throw new SetupError(`${folder} holds no ${kVersionHeader}`);
  if (version !== kLibtorchVersion) throw new SetupError(`${folder} is libtorch ${version}, not ${kLibtorchVersion}`);
  return libraryFiles(folder);
}

/** Why an unpacked copy cannot be used, or null: the stamp is written last and holds the libraries' sizes. */
export function incompleteLibtorch(folder) {
  if (!existsSync(folder)) return 'absent';
  if (!existsSync(join(folder, kStamp))) return 'only partly unpacked';
  const stamp = JSON.parse(readFileSync(join(folder, kStamp), 'utf8'));
  if (stamp.version !== kLibtorchVersion) return `version ${stamp.version}, not ${kLibtorchVersion}`;
  const changed = Object.entries(stamp.libraries).find(
    ([name, bytes]) => statSync(join(folder, 'lib', name), { throwIfNoEntry: false })?.size !== bytes,
  );
  return changed ? `lib/${changed[0]} is damaged` : null;
}

export function stampLibtorch(folder, source) {
  const stamp = { version: kLibtorchVersion, source, libraries: checkLibtorch(folder) };
  writeFileSync(join(folder, kStamp), `${JSON.stringify(stamp, null, 2)}\n`);
}

/** Unpacks the licences of a wheel and of its parts in `scratch`; returns their folder. */
export function unpackLicenses(wheel, scratch) {
  const target = join(scratch, 'licenses');
  mkdirSync(target);
  const names = (outputOf('unzip', ['-Z1', wheel]) ?? '').split('\n');
  const texts = names.filter((name) => /dist-info\/LICENSE|\/licens(es|ing)\/.*[^/]$/.test(name));
  // Each keeps its folder, which names the part: third_party/fmt/LICENSE.
  run('unzip', ['-q', wheel, ...texts, '-d', target]);
  return target;
}

/** Unpacks the libraries and headers below `prefix` of a zip file to `target`, complete or not at all. */
function unpack(zip, prefix, target, scratch, source) {
  const names = ['lib/libtorch.so', 'lib/libtorch_cpu.so', 'lib/libc10.so', 'lib/libgomp*.so.1', 'include/*'];
  say(`set-up: unpacking to ${target}`);
  run('unzip', ['-q', zip, ...names.map((name) => `${prefix}/${name}`), '-d', scratch]);
  const unpacked = join(scratch, prefix);
  stampLibtorch(unpacked, source);
  rmSync(target, { recursive: true, force: true });
  renameSync(unpacked, target);
}

/** The wheel of a requirement (`torch==2.13.0`) from the configured index, or PyTorch's of CPU builds. */
export function downloadWheel(requirement, scratch) {
  say(`set-up: pip download ${requirement} (nothing of it is run, and Python is not needed afterwards)`);
  // Any CPython's wheel holds the same libraries; one is named so that the local Python's version does not matter.
  const choice = ['--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];
  run('python3', [
    ...['-m', 'pip', 'download', '--no-deps', '--progress-bar', 'off', '--disable-pip-version-check', ...choice],
    ...['--retries', '1', '--timeout', '60', '--extra-index-url', kCpuWheelIndex],
    ...['--dest', scratch, requirement],
  ]);
  return join(
    scratch,
    readdirSync(scratch).find((name) => name.endsWith('.whl')),
  );
}

/** The wheel of torch as it is on the configured index; refused if it is a CUDA build. */
function fetchWheel(target, scratch) {
  const path = downloadWheel(kTorchWheel, scratch);
  const versionFile = outputOf('unzip', ['-p', path, 'torch/version.py']) ?? '';
  const isCpu = /^cuda[^=]*= None$/m.test(versionFile) && !outputOf('unzip', ['-Z1', path])?.includes('libtorch_cuda');
  if (!isCpu) throw new SetupError(`${basename(path)} is not a CPU build`);
  unpack(path, 'torch', target, scratch, basename(path));
  renameSync(unpackLicenses(path, scratch), join(target, 'licenses'));
}

async function fetchArchive(target, scratch) {
  const expected = process.env.HEPATICA_LIBTORCH_SHA256 ?? kArchiveSha256;
  say(`set-up: downloading ${kArchive}`);
  const path = join(scratch, 'libtorch.zip');
  const sha256 = await download(kArchive, path).catch((error) => {
    throw new SetupError(`${kArchive}: ${error.cause?.message ?? error.message}`);
  });
  if (sha256 !== expected) throw new SetupError(`${kArchive} has SHA-256 ${sha256}, expected ${expected}`);
  unpack(path, 'libtorch', target, scratch, 'libtorch.zip');
}

/** True if libtorch must be downloaded. */
export function needsLibtorch(root) {
  return !process.env.HEPATICA_LIBTORCH && incompleteLibtorch(join(root, 'vendor/libtorch')) !== null;
}

/** The folder with libtorch's include/ and lib/. */
export async function resolveLibtorch(root) {
  const given = process.env.HEPATICA_LIBTORCH;
  if (given) {
    checkLibtorch(given);
    return given;
  }
  const target = join(root, 'vendor/libtorch');
  const reason = incompleteLibtorch(target);
  if (reason === null) return target;
  say(`set-up: libtorch ${kLibtorchVersion} is needed (vendor/libtorch is ${reason})`);
  mkdirSync(join(root, 'vendor'), { recursive: true });
  const failures = [];
  for (const fetchFrom of [fetchWheel, fetchArchive]) {
    const scratch = mkdtempSync(join(root, 'vendor/.unpacking-'));
    try {
      await fetchFrom(target, scratch);
      return target;
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      say(`set-up: ${error.message}`);
      failures.push(`  ${error.message}`);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  throw new SetupError(
    `libtorch ${kLibtorchVersion} could not be had:\n${failures.join('\n')}\n` +
      'Name a folder that holds its include/ and lib/ in HEPATICA_LIBTORCH.',
  );
}
