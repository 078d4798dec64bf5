// Where the package, and those that it brings, lie; and what their package.json files say.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: src/loading/ and dist/loading/ are both two levels below it. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly hepatica?: {
    /** The libtorch that hepatica was built with, or that a package holds. */
    readonly libtorch?: string;
  };
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

export const manifest = readManifest(packageRoot);

/** The version of libtorch that the add-on was compiled against; no other one is loaded. */
export const neededLibtorch = manifest.hepatica?.libtorch ?? '';

export const platformPackage = `@hepatica/${process.platform}-${process.arch}`;
export const libtorchPackage = `@hepatica/libtorch-${process.platform}-${process.arch}`;
/** The data package of the lesion network's weights, which are its main file. */
export const lesionWeightsPackage = '@hepatica/weights-mdl';

/** The folder of a package as one that lies in `from` sees it (isolated layouts, Plug'n'Play), or null. */
export function packageFolder(name: string, from: string = packageRoot): string | null {
  try {
    return dirname(createRequire(join(from, 'package.json')).resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** The folder of the platform package, or null in a checkout. */
export function platformFolder(): string | null {
  return packageFolder(platformPackage);
}

/** The folder of the package with the CPU libtorch: a dependency of the platform package. Null in a checkout. */
export function libtorchFolder(): string | null {
  const platform = platformFolder();
  return (platform && packageFolder(libtorchPackage, platform)) ?? packageFolder(libtorchPackage);
}

/** True in a git checkout, which builds its own add-on. */
export function isCheckout(): boolean {
  return existsSync(join(packageRoot, 'CMakeLists.txt'));
}
