// The CUDA toolkit is optional: with it the kernels are built and tested, without it everything runs on the CPU.
import { existsSync } from 'node:fs';
import { findOnPath, outputOf } from './process.mjs';

// The first with machine code for all the architectures that the kernels are built for (native/cuda/toolkit.cmake).
const kOldestNvcc = [12, 8];

/** `{ nvcc, version }` of a supported toolkit, or `{ nvcc: null, reason }`. */
export function findCudaToolkit() {
  const candidates = [process.env.CUDACXX, findOnPath('nvcc'), '/usr/local/cuda/bin/nvcc'];
  const nvcc = candidates.find((path) => path && existsSync(path));
  if (!nvcc) return { nvcc: null, reason: 'nvcc is not installed' };
  const version = outputOf(nvcc, ['--version'])?.match(/release (\d+)\.(\d+)/);
  if (!version) return { nvcc: null, reason: `${nvcc} does not tell its version` };
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < kOldestNvcc[0] || (major === kOldestNvcc[0] && minor < kOldestNvcc[1])) {
    return { nvcc: null, reason: `nvcc ${major}.${minor} is older than ${kOldestNvcc.join('.')}` };
  }
  return { nvcc, version: `${major}.${minor}` };
}
