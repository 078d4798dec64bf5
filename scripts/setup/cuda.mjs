// The CUDA toolkit is optional: with it the kernels are built and tested, without it everything runs on the CPU.
import { existsSync } from 'node:fs';
import { findOnPath, outputOf } from './process.mjs';

const kOldestNvcc = 12;

/** `{ nvcc, version }` of a supported toolkit, or `{ nvcc: null, reason }`. */
export function findCudaToolkit() {
  const candidates = [process.env.CUDACXX, findOnPath('nvcc'), '/usr/local/cuda/bin/nvcc'];
  const nvcc = candidates.find((path) => path && existsSync(path));
  if (!nvcc) return { nvcc: null, reason: 'nvcc is not installed' };
  const version = outputOf(nvcc, ['--version'])?.match(/release (\d+)\.(\d+)/);
  if (!version) return { nvcc: null, reason: `${nvcc} does not tell its version` };
  if (Number(version[1]) < kOldestNvcc) {
    return { nvcc: null, reason: `nvcc ${version[1]}.${version[2]} is older than ${kOldestNvcc}.0` };
  }
  return { nvcc, version: `${version[1]}.${version[2]}` };
}
