// What `hepatica doctor` finds: everything that bears on whether hepatica runs here, and how.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HepaticaError, NativeLoadError } from '../errors.js';
import { hashOfInput } from '../io/file-hash.js';
import { lesionWeights, liverWeights } from '../models/model.js';
import { deviceInfo } from '../native/device.js';
import { findAddon, loadedNative, preloadOf } from '../native/load.js';
import type { DeviceInfo, Warning } from '../types.js';
import { testStamp, writeChoice } from './choice.js';
import { thisMachine } from './failure.js';
import { describeLibtorch, type Libtorch, versionMismatch } from './libtorch.js';
import {
  lesionWeightsPackage,
  libtorchFolder,
  libtorchPackage,
  manifest,
  neededLibtorch,
  packageFolder,
  platformFolder,
  platformPackage,
  readManifest,
} from './packages.js';
import { probe } from './probe.js';

export interface FoundPackage {
  readonly name: string;
  readonly folder: string;
  readonly version: string;
}

export interface FoundWeights {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Diagnosis {
  readonly hepatica: string;
  readonly node: string;
  readonly machine: { readonly platform: string; readonly arch: string; readonly glibc: string | null };
  readonly packages: readonly FoundPackage[];
  /** Null where the native part cannot be loaded, for `error`. */
  readonly device: DeviceInfo | null;
  readonly addon: string | null;
  readonly kernels: string | null;
  readonly libtorch: Libtorch | null;
  readonly warnings: readonly Warning[];
  readonly weights: readonly FoundWeights[];
  readonly error: { code: string; message: string; remedy: string | undefined } | null;
}

function foundPackages(): FoundPackage[] {
  const folders: readonly [string, string | null][] = [
    [platformPackage, platformFolder()],
    [libtorchPackage, libtorchFolder()],
    [lesionWeightsPackage, packageFolder(lesionWeightsPackage)],
  ];
  return folders.flatMap(([name, folder]) => (folder ? [{ name, folder, version: readManifest(folder).version }] : []));
}

async function foundWeights(): Promise<FoundWeights[]> {
  const paths = [liverWeights()];
  try {
    paths.push(lesionWeights());
  } catch {
    // Optional.
  }
  const present = paths.filter((path) => existsSync(path));
  return Promise.all(
    present.map(async (path) => ({ path, bytes: statSync(path).size, sha256: await hashOfInput(path) })),
  );
}

/** A failure is a finding: this rejects only where a program error does. */
export async function diagnose(): Promise<Diagnosis> {
  let device: DeviceInfo | null = null;
  let error: Diagnosis['error'] = null;
  try {
    device = await deviceInfo();
  } catch (cause) {
    if (!(cause instanceof HepaticaError)) throw cause;
    error = { code: cause.code, message: cause.message, remedy: cause.remedy };
  }
  const native = loadedNative();
  const kernels = native ? join(native.addon, '../libhepatica_cuda.so') : null;
  return {
    hepatica: manifest.version,
    node: process.versions.node,
    machine: thisMachine(),
    packages: foundPackages(),
    device,
    addon: native?.addon ?? null,
    kernels: kernels && existsSync(kernels) ? kernels : null,
    libtorch: native?.libtorch ?? null,
    warnings: native?.warnings ?? [],
    weights: await foundWeights(),
    error,
  };
}

function refuse(folder: string, reason: string, remedy: string): NativeLoadError {
  return new NativeLoadError('GPU_LIBTORCH_UNUSABLE', `${folder} cannot be used: ${reason}`, { file: folder, remedy });
}

const howToGet =
  `Name the folder of a libtorch ${neededLibtorch} for CUDA: unpacked from pytorch.org, ` +
  `or the folder torch/ that "pip install torch==${neededLibtorch}" puts into site-packages`;

/**
 * Tries the GPU build of libtorch in `folder` in a process of its own, and chooses it for this user from then on.
 *
 * @returns the file that keeps the choice, and the devices found
 * @throws {@link NativeLoadError} `GPU_LIBTORCH_UNUSABLE`
 */
export async function chooseGpu(folder: string): Promise<{ choice: string; devices: readonly string[] }> {
  const libtorch = describeLibtorch(folder, 'the command line');
  if (!libtorch) throw refuse(folder, 'it holds no libtorch.so', howToGet);
  const mismatch = versionMismatch(libtorch);
  if (mismatch) throw refuse(folder, mismatch, howToGet);
  if (!libtorch.cuda) throw refuse(folder, 'it is a build for CPUs (no libtorch_cuda.so)', howToGet);
  const addon = findAddon();
  const { info, reason } = await probe(preloadOf(addon), libtorch.folder, addon);
  if (!info)
    throw refuse(folder, reason, 'Type: npx hepatica doctor --cpu, and look at the NVIDIA driver (nvidia-smi)');
  if (!info.cuda.networks) {
    throw refuse(folder, info.cuda.networksReason, 'Install the NVIDIA driver');
  }
  return {
    choice: writeChoice(libtorch.folder, testStamp(libtorch.folder, manifest.version)),
    devices: info.cuda.devices,
  };
}
