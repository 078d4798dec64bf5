// Prepares a fresh machine: npm's dependencies, Debian's packages, libtorch, and a look for a CUDA toolkit. Says what it
// does and why; does nothing where all is there. Plain Node without dependencies: it runs before node_modules exists.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCudaToolkit } from './setup/cuda.mjs';
import { installPackages } from './setup/debian.mjs';
import { kLibtorchVersion, needsLibtorch, resolveLibtorch } from './setup/libtorch.mjs';
import { installModules } from './setup/npm.mjs';
import { SetupError, say } from './setup/process.mjs';

export const kRoot = dirname(dirname(fileURLToPath(import.meta.url)));

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`hepatica needs Node 20.19 or newer; this is ${process.versions.node}`);
  }
}

/** Installs what is missing for building, and for `tests` or `packaging`. Returns where libtorch and nvcc are. */
export async function setUp({ tests = false, packaging = false } = {}) {
  checkNode();
  installPackages({ tests, packaging, libtorch: needsLibtorch(kRoot) });
  installModules(kRoot);
  const libtorch = await resolveLibtorch(kRoot);
  const cuda = findCudaToolkit();
  say(`set-up: libtorch ${kLibtorchVersion} in ${libtorch}`);
  if (cuda.nvcc) say(`set-up: CUDA toolkit ${cuda.version} (${cuda.nvcc}): the kernels are built`);
  else say(`set-up: no CUDA toolkit (${cuda.reason}): kernels are skipped, everything runs on the CPU`);
  return { libtorch, cuda };
}
