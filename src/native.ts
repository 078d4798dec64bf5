import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { NativeLoadError } from './errors.js';
import type { NativeBinding } from './native-binding.js';

const require = createRequire(import.meta.url);

/** The folder of package.json: src/ and dist/ are both one level below it. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const libtorchPackage = '@hepatica/libtorch-linux-x64';

/** Folders that may hold libtorch.so, the first that counts first; each may be named with or without its lib/. */
function libtorchCandidates(): { folder: string; origin: string }[] {
  const candidates = [];
  if (process.env.HEPATICA_LIBTORCH) {
    return [{ folder: process.env.HEPATICA_LIBTORCH, origin: 'the environment variable HEPATICA_LIBTORCH' }];
  }
  try {
    candidates.push({ folder: dirname(require.resolve(`${libtorchPackage}/package.json`)), origin: libtorchPackage });
  } catch {
    // Not installed: a checkout has its own.
  }
  candidates.push({ folder: join(packageRoot, 'vendor', 'libtorch'), origin: 'the checkout' });
  return candidates;
}

/** The folder with libtorch's shared libraries. */
export function findLibtorch(): string {
  const candidates = libtorchCandidates();
  for (const { folder } of candidates) {
    for (const libraries of [join(folder, 'lib'), folder]) {
      if (existsSync(join(libraries, 'libtorch.so'))) return resolve(libraries);
    }
  }
  const looked = candidates.map(({ folder, origin }) => `${folder} (${origin})`).join(', ');
  throw new NativeLoadError('LIBTORCH_NOT_FOUND', `libtorch.so was not found; looked in ${looked}`, {
    file: candidates.at(-1)?.folder ?? '',
    remedy: `Type: npm install ${libtorchPackage}, or set HEPATICA_LIBTORCH to libtorch's folder; in a checkout type: npm run build`,
  });
}

/** The main add-on: a prebuilt one, or that of a checkout's build. */
function findAddon(): string {
  try {
    return (require('node-gyp-build') as { resolve(folder: string): string }).resolve(packageRoot);
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw new NativeLoadError('ADDON_NOT_FOUND', `No native add-on for ${platform} under ${packageRoot}`, {
      file: packageRoot,
      remedy: `hepatica runs on linux-x64 with glibc; install it there anew with: npm install hepatica, or in a checkout type: npm run build`,
      cause,
    });
  }
}

function loadFailure(file: string, cause: unknown): NativeLoadError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new NativeLoadError('ADDON_LOAD_FAILED', `${file} cannot be loaded: ${reason}`, {
    file,
    remedy:
      'hepatica needs libtorch 2.13 and glibc 2.36 or newer; set HEPATICA_LIBTORCH to the folder of a matching libtorch, ' +
      'or in a checkout type: npm run build',
    cause,
  });
}

async function load(): Promise<NativeBinding> {
  const libtorch = findLibtorch();
  const addon = findAddon();
  const preload = join(dirname(addon), 'hepatica_preload.node');
  try {
    await (require(preload) as { open(folder: string): Promise<void> }).open(libtorch);
  } catch (cause) {
    throw loadFailure(existsSync(preload) ? libtorch : preload, cause);
  }
  try {
    const binding = require(addon) as NativeBinding;
    // process.exit() destroys the libraries' static objects while threads still use them. A worker's jobs are stopped
    // with its environment.
    if (isMainThread) process.once('exit', () => binding.stopJobs());
    return binding;
  } catch (cause) {
    throw loadFailure(addon, cause);
  }
}

let loading: Promise<NativeBinding> | undefined;
let loaded: NativeBinding | undefined;

/** The native calls once they are loaded: a call then begins in the tick in which it was made. */
export function loadedNative(): NativeBinding | undefined {
  return loaded;
}

/** The native calls; loaded at the first use, libtorch off the event loop. A failure is tried again at the next call. */
export function native(): Promise<NativeBinding> {
  loading ??= load().then(
    (binding) => {
      loaded = binding;
      return binding;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
