// The package.json files of what is published. All versions are the project's own and locked to each other.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';

const project = JSON.parse(readFileSync(join(kRoot, 'package.json'), 'utf8'));

export const kPlatform = 'linux-x64';
export const kPlatformPackage = `@hepatica/${kPlatform}`;
export const kLibtorchPackage = `@hepatica/libtorch-${kPlatform}`;
/** What that package holds: the CPU libraries, and GCC's OpenMP library that they need. */
export const kLibtorchFiles = ['libtorch.so', 'libtorch_cpu.so', 'libc10.so', 'libgomp.so.1'];
export const kLesionWeightsPackage = '@hepatica/weights-mdl';
export const kWorkerPackage = '@hepatica/worker';

const kInEveryPackage = ['README.md', 'LICENSE', 'THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json'];

/** The worker: a workspace of the checkout that needs the checkout itself, and when published hepatica of its version. */
export const kWorker = join(kRoot, 'packages/worker');

/** The lesion network's weights: a workspace of the checkout, where `npm ci` links it into node_modules. */
export const kLesionWeights = join(kRoot, 'packages/weights-mdl');

// Native code opens these files by path: not from inside a zip file (Yarn's Plug'n'Play).
const kUnplugged = { preferUnplugged: true };
const kMachine = { os: ['linux'], cpu: ['x64'], libc: ['glibc'] };

function shared(name, description) {
  const { version, engines, repository, bugs, homepage, author } = project;
  return { name, version, description, engines, repository, bugs, homepage, author };
}

export function mainManifest() {
  const { scripts, devDependencies, workspaces, binary, private: _, ...published } = project;
  if (project.dependencies[kLesionWeightsPackage] !== project.version) {
    throw new SetupError(
      `package.json must depend on ${kLesionWeightsPackage} ${project.version}: one version for all`,
    );
  }
  return {
    ...published,
    license: 'SEE LICENSE IN LICENSE',
    files: ['dist', 'weights', ...kInEveryPackage],
    optionalDependencies: { [kPlatformPackage]: project.version },
    ...kUnplugged,
  };
}

/** `floors`: the oldest C and C++ libraries that its add-on runs with. */
export function platformManifest(floors) {
  return {
    ...shared(kPlatformPackage, 'The native add-on and the CUDA kernels of hepatica for Linux x64 with glibc'),
    license: 'SEE LICENSE IN THIRD-PARTY-NOTICES.txt',
    ...kMachine,
    hepatica: { libtorch: project.hepatica.libtorch, glibc: floors.GLIBC, glibcxx: floors.GLIBCXX },
    files: ['prebuilds', ...kInEveryPackage],
    dependencies: { [kLibtorchPackage]: project.version },
    ...kUnplugged,
  };
}

export function libtorchManifest() {
  const version = project.hepatica.libtorch;
  return {
    ...shared(kLibtorchPackage, `libtorch ${version} for CPUs, stripped, for hepatica on Linux x64 with glibc`),
    license: 'SEE LICENSE IN THIRD-PARTY-NOTICES.txt',
    ...kMachine,
    hepatica: { libtorch: version },
    files: ['lib', ...kInEveryPackage],
    ...kUnplugged,
  };
}

/** The weights' own manifest. */
export function lesionWeightsManifest() {
  const manifest = JSON.parse(readFileSync(join(kLesionWeights, 'package.json'), 'utf8'));
  if (manifest.version !== project.version) {
    throw new SetupError(
      `${kLesionWeightsPackage} is ${manifest.version}, and hepatica ${project.version}: one version for all`,
    );
  }
  return {
    ...shared(manifest.name, manifest.description),
    ...manifest,
    files: [...manifest.files, 'sbom.cdx.json'],
    ...kUnplugged,
  };
}

export function workerManifest() {
  const manifest = JSON.parse(readFileSync(join(kWorker, 'package.json'), 'utf8'));
  if (manifest.version !== project.version) {
    throw new SetupError(
      `${kWorkerPackage} is ${manifest.version}, and hepatica ${project.version}: one version for all`,
    );
  }
  return {
    ...shared(manifest.name, manifest.description),
    ...manifest,
    files: ['dist', 'deploy', ...kInEveryPackage],
    dependencies: { ...manifest.dependencies, hepatica: project.version },
  };
}
