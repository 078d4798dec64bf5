// Which libtorch is loaded: one that the user named, or the CPU build that comes as a package.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { NativeLoadError } from '../errors.js';
import { readChoice } from './choice.js';
import { isCheckout, libtorchFolder, libtorchPackage, neededLibtorch, packageRoot } from './packages.js';

export interface Libtorch {
  /** With the shared libraries themselves. */
  readonly folder: string;
  /** Who named it. */
  readonly origin: string;
  /** As `2.13.0+cu130`; null where nothing beside the libraries tells it. */
  readonly version: string | null;
  /** A build for CUDA. */
  readonly cuda: boolean;
}

/** The files that tell a libtorch's version, in the folder above its lib/, and what to look for in them. */
const versionFiles: readonly [string, RegExp][] = [
  ['package.json', /"libtorch":\s*"([\d.]+)"/],
  ['build-version', /^(\d+\.\d+\.\d+\S*)/],
  ['version.py', /__version__ = '(\d+\.\d+\.\d+[^']*)'/],
];

function declaredVersion(folder: string): string | null {
  for (const [name, pattern] of versionFiles) {
    const path = join(folder, name);
    const version = existsSync(path) ? readFileSync(path, 'utf8').match(pattern)?.[1] : undefined;
    if (version) return version;
  }
  const header = join(folder, 'include/torch/headeronly/version.h');
  if (!existsSync(header)) return null;
  const text = readFileSync(header, 'utf8');
  const part = (name: string) => text.match(new RegExp(`define TORCH_VERSION_${name} (\\d+)`))?.[1];
  return `${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
}

/** A libtorch in `folder` or its lib/, or null where there is none. */
export function describeLibtorch(folder: string, origin: string): Libtorch | null {
  const libraries = [join(folder, 'lib'), folder].find((place) => existsSync(join(place, 'libtorch.so')));
  if (!libraries) return null;
  return {
    folder: resolve(libraries),
    origin,
    version: declaredVersion(dirname(resolve(libraries))) ?? declaredVersion(libraries),
    cuda: existsSync(join(libraries, 'libtorch_cuda.so')),
  };
}

/** Why the add-on must not be loaded with this libtorch, or null: the interfaces of two versions differ. */
export function versionMismatch({ version }: Libtorch): string | null {
  if (version === null) return 'nothing in it tells its version';
  const release = version.split('+')[0];
  return release === neededLibtorch ? null : `it is version ${version}`;
}

/** The libtorch that the user named: in HEPATICA_LIBTORCH, else by `hepatica doctor --gpu`. */
export function namedLibtorch(): Libtorch | null {
  const named = process.env.HEPATICA_LIBTORCH;
  const choice = named ? { folder: named, origin: 'the environment variable HEPATICA_LIBTORCH' } : readChoice();
  if (!choice) return null;
  const found = describeLibtorch(choice.folder, choice.origin);
  if (found) return found;
  throw new NativeLoadError('LIBTORCH_NOT_FOUND', `${choice.folder} (${choice.origin}) holds no libtorch.so`, {
    file: choice.folder,
    remedy: named
      ? `Set HEPATICA_LIBTORCH to the folder of a libtorch ${neededLibtorch}, or unset it: then the one that npm ${isCheckout() ? 'run build' : 'install'} brings is used`
      : 'Type: npx hepatica doctor --cpu',
  });
}

/** The CPU build of the package, or a checkout's own. */
export function bundledLibtorch(): Libtorch | null {
  const installed = libtorchFolder();
  const found = installed && describeLibtorch(installed, libtorchPackage);
  return found || (isCheckout() ? describeLibtorch(join(packageRoot, 'vendor/libtorch'), 'the checkout') : null);
}

/** The error where no libtorch is there at all. */
export function noLibtorch(): NativeLoadError {
  if (isCheckout()) {
    return new NativeLoadError('LIBTORCH_NOT_FOUND', `libtorch.so was not found below ${packageRoot}/vendor/libtorch`, {
      file: join(packageRoot, 'vendor/libtorch'),
      remedy: 'Type: npm run build, or set HEPATICA_LIBTORCH to the folder of a libtorch',
    });
  }
  return new NativeLoadError('LIBTORCH_NOT_FOUND', `The package ${libtorchPackage} is not installed`, {
    file: packageRoot,
    remedy: `Type: npm install --include=optional hepatica, or set HEPATICA_LIBTORCH to the folder of a libtorch`,
  });
}
