// The licences of libtorch, its parts, and Intel's Math Kernel Library inside it: as the wheels of torch and mkl-include
// hold them. Kept in vendor/licenses where the libtorch at hand came without.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { downloadWheel, kTorchWheel, unpackLicenses } from '../setup/libtorch.mjs';
import { kRoot } from '../setup.mjs';

/** libtorch's wheel links MKL 2024.2 statically (`torch.__config__.show()`) and leaves its licence out. */
const kMkl = 'mkl-include==2024.2.2';

function licensesOf(requirement, name) {
  const kept = join(kRoot, 'vendor/licenses');
  const folder = join(kept, name);
  if (existsSync(folder)) return folder;
  mkdirSync(kept, { recursive: true });
  const scratch = mkdtempSync(join(kept, '.unpacking-'));
  try {
    renameSync(unpackLicenses(downloadWheel(requirement, scratch), scratch), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

/** Folders with licences, by what they are of. */
export function libtorchLicenses(libtorch) {
  const own = join(libtorch, 'licenses');
  const isThere = existsSync(own) && readdirSync(own).length > 0;
  return { libtorch: isThere ? own : licensesOf(kTorchWheel, 'libtorch'), oneMKL: licensesOf(kMkl, 'oneMKL') };
}
