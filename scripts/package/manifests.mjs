// The package.json files of what is published. All versions are the project's own and locked to each other.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../setup/process.mjs';
import { kRoot } from '../setup.mjs';

const project = JSON.parse(readFileSync(join(kRoot, 'package.json'), 'utf8'));

export const kPlatform = 'linux-x64';
export const kPlatformPackage = `@hepatica/${kPlatform}`;
export const kLibtorchPackage = `@hepatica/libtorch-${kPlatform}`;
export const kLesionWeightsPackage = '@hepatica/weights-mdl';

const kInEveryPackage = ['README.md', 'LICENSE', 'THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json'];

/** The weights' folder in the checkout, or null as long as there are none. */
export function lesionWeightsFolder() {
  const folder = join(kRoot, 'packages/weights-mdl');
  return existsSync(join(folder, 'package.json')) ? folder : null;
}

// Native code opens these files by path: not from inside a zip file (Yarn's Plug'n'Play).
const kUnplugged = { preferUnplugged: true };
const kMachine = { os: ['linux'], cpu: ['x64'], libc: ['glibc'] };

function shared(name, description) {
  const { version, engines, repository, bugs, homepage, author } = project;
  return { name, version, description, engines, repository, bugs, homepage, author };
}

export function mainManifest() {
  const { scripts, devDependencies, private: _, ...published } = project;
  const { version } = project;
  const optional = [kPlatformPackage, ...(lesionWeightsFolder() ? [kLesionWeightsPackage] : [])];
  return {
    ...published,
    license: 'SEE LICENSE IN LICENSE',
    files: ['dist', 'weights', ...kInEveryPackage],
    optionalDependencies: Object.fromEntries(optional.map((name) => [name, version])),
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

/** The weights' own manifest, with the project's version. */
export function lesionWeightsManifest(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (manifest.name !== kLesionWeightsPackage) throw new SetupError(`${folder} is not ${kLesionWeightsPackage}`);
  if (!manifest.main?.endsWith('.safetensors') || !existsSync(join(folder, manifest.main))) {
    throw new SetupError(`${folder}/package.json must name its safetensors file as main`);
  }
  if (!manifest.license) throw new SetupError(`${folder}/package.json must name the weights' licence`);
  return { ...manifest, version: project.version, ...kUnplugged };
}
