import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { NativeLoadError } from '../errors.js';
import { readChoice, testStamp } from '../loading/choice.js';
import { loadFailure, missingAddon } from '../loading/failure.js';
import { bundledLibtorch, type Libtorch, namedLibtorch, noLibtorch, versionMismatch } from '../loading/libtorch.js';
import { manifest, neededLibtorch, packageRoot, platformFolder } from '../loading/packages.js';
import { probe } from '../loading/probe.js';
import type { Warning } from '../types.js';
import type { NativeBinding } from './binding.js';

const require = createRequire(import.meta.url);

/** The main add-on: that of the platform package, or of a checkout's build. */
export function findAddon(): string {
  try {
    const { resolve } = require('node-gyp-build') as { resolve(folder: string): string };
    return resolve(platformFolder() ?? packageRoot);
  } catch (cause) {
    throw missingAddon(cause);
  }
}

/** The add-on that opens libtorch lies beside the main one. */
export function preloadOf(addon: string): string {
  return join(dirname(addon), 'hepatica_preload.node');
}

/** What was loaded, and what the results must tell of it. */
export interface Loaded {
  readonly binding: NativeBinding;
  readonly addon: string;
  readonly libtorch: Libtorch;
  readonly warnings: readonly Warning[];
}

/** Why a build for CUDA cannot be used, or null; `doctor --gpu` has tried the one that it chose already. */
async function whyUnusable(libtorch: Libtorch, addon: string): Promise<string | null> {
  if (readChoice()?.tested === testStamp(libtorch.folder, manifest.version)) return null;
  const { reason } = await probe(preloadOf(addon), libtorch.folder, addon);
  return reason || null;
}

function wrongVersion(named: Libtorch, reason: string): NativeLoadError {
  const message = `hepatica needs libtorch ${neededLibtorch}; of ${named.folder} (${named.origin}), ${reason}`;
  const remedy = `Name a libtorch ${neededLibtorch} in HEPATICA_LIBTORCH, or unset it to use the one of the package`;
  return new NativeLoadError('LIBTORCH_VERSION', message, { file: named.folder, remedy });
}

/** The libtorch to load. A build for CUDA that cannot be used gives way to the package's CPU build, with a warning. */
async function chooseLibtorch(addon: string): Promise<{ libtorch: Libtorch; warnings: readonly Warning[] }> {
  const named = namedLibtorch();
  const bundled = bundledLibtorch();
  if (!named) {
    if (!bundled) throw noLibtorch();
    return { libtorch: bundled, warnings: [] };
  }
  const mismatch = versionMismatch(named);
  const reason = mismatch ?? (named.cuda ? await whyUnusable(named, addon) : null);
  if (reason === null) return { libtorch: named, warnings: [] };
  if (!named.cuda || !bundled) throw mismatch ? wrongVersion(named, mismatch) : loadFailure(named.folder, reason);
  const message = `The libtorch for GPUs in ${named.folder} (${named.origin}) cannot be used: ${reason}; networks run on the CPU`;
  return { libtorch: bundled, warnings: [{ code: 'GPU_LIBTORCH_UNUSABLE', message }] };
}

async function load(): Promise<Loaded> {
  const addon = findAddon();
  const { libtorch, warnings } = await chooseLibtorch(addon);
  const preload = preloadOf(addon);
  try {
    await (require(preload) as { open(folder: string): Promise<void> }).open(libtorch.folder);
  } catch (cause) {
    throw loadFailure(existsSync(preload) ? libtorch.folder : preload, cause);
  }
  try {
    const binding = require(addon) as NativeBinding;
    // process.exit() destroys the libraries' static objects while threads still use them. A worker's jobs are stopped
    // with its environment.
    if (isMainThread) process.once('exit', () => binding.stopJobs());
    return { binding, addon, libtorch, warnings };
  } catch (cause) {
    throw loadFailure(addon, cause);
  }
}

let loading: Promise<Loaded> | undefined;
let loaded: Loaded | undefined;

/** The native part once it is loaded: a call then begins in the tick in which it was made. */
export function loadedNative(): Loaded | undefined {
  return loaded;
}

/** What results of networks tell of how they were computed. */
export function loadWarnings(): readonly Warning[] {
  return loaded?.warnings ?? [];
}

/** The native part; loaded at the first use, libtorch off the event loop. A failure is tried again at the next call. */
export function native(): Promise<Loaded> {
  loading ??= load().then(
    (result) => {
      loaded = result;
      return result;
    },
    (error: unknown) => {
      loading = undefined;
      throw error;
    },
  );
  return loading;
}
