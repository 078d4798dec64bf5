// What must hold of the packages: their files, their sizes, and what the binaries ask of the machine.
import { basename } from 'node:path';
import { exportedSymbols, highestFloors, neededLibraries, runPaths } from './elf.mjs';
import { kLibtorchFiles } from './manifests.mjs';

/** Of Debian 12's compiler and C library: what `docs/release.md` and the README promise. */
export const kFloors = { GLIBC: '2.35', GLIBCXX: '3.4.30', CXXABI: '1.3.13' };

const kMegabyte = 1e6;
const kLargest = {
  main: 20 * kMegabyte,
  platform: 20 * kMegabyte,
  libtorch: 150 * kMegabyte,
  weights: 150 * kMegabyte,
  worker: kMegabyte,
};

const kSystem = /^(libc|libm|libdl|librt|libpthread|libgcc_s|libstdc\+\+|ld-linux-x86-64)\.so\.\d+$/;

const kCommon = /^(package\.json|README\.md|LICENSE|THIRD-PARTY-NOTICES\.txt|sbom\.cdx\.json)$/;
const kContents = {
  main: /^dist\/[\w./-]+\.(js|d\.ts|js\.map)$|^weights\/(liver-3d\.safetensors|liver-paper\.safetensors|training\.json|README\.md|LICENSE)$/,
  platform: /^prebuilds\/linux-x64\/(hepatica\.glibc\.node|hepatica_preload\.node|libhepatica_cuda\.so)$/,
  libtorch: /^lib\/(libtorch|libtorch_cpu|libc10)\.so$|^lib\/libgomp\.so\.1$/,
  worker: /^dist\/[\w./-]+\.(js|d\.ts|js\.map)$|^deploy\/[\w./-]+\.(yaml|json|sh|mjs)$/,
  weights: /^[\w.-]+\.safetensors$|^[\w.-]+\.(json|md|txt)$/,
};

/** Complaints about a packed tarball, of `npm pack --json`. */
export function checkTarball(kind, { name, size, files }) {
  const complaints = files
    .map(({ path }) => path)
    .filter((path) => !kCommon.test(path) && !kContents[kind].test(path))
    .map((path) => `${name}: ${path} must not be published`);
  const paths = new Set(files.map(({ path }) => path));
  for (const needed of ['package.json', 'README.md', 'LICENSE', 'sbom.cdx.json']) {
    if (!paths.has(needed)) complaints.push(`${name}: ${needed} is missing`);
  }
  if (kind !== 'weights' && !paths.has('THIRD-PARTY-NOTICES.txt')) complaints.push(`${name}: no third-party notices`);
  if (size > kLargest[kind]) complaints.push(`${name}: ${size} bytes packed, more than ${kLargest[kind]}`);
  return complaints;
}

function isNewer(version, floor) {
  const [a, b] = [version, floor].map((text) => text.split('.').map(Number));
  const index = a.findIndex((part, i) => part !== (b[i] ?? 0));
  return index >= 0 && a[index] > (b[index] ?? 0);
}

/** Complaints about the binaries of the platform and libtorch packages; `selfContained`: nothing but the C and C++ libraries is needed. */
export function checkBinaries(platformFiles, libtorchFiles, { selfContained }) {
  const complaints = [];
  const files = [...platformFiles, ...libtorchFiles];
  for (const file of selfContained ? files : []) {
    const foreign = neededLibraries(file).filter((name) => !kSystem.test(name) && !kLibtorchFiles.includes(name));
    if (foreign.length > 0) complaints.push(`${basename(file)} needs ${foreign.join(', ')}`);
  }
  for (const file of platformFiles) {
    if (runPaths(file).length > 0) complaints.push(`${basename(file)} has a run path: ${runPaths(file).join(':')}`);
  }
  for (const file of platformFiles.filter((path) => path.endsWith('.node'))) {
    const extra = exportedSymbols(file).filter((name) => !/^(napi_register_module|node_api_module_get_api)/.test(name));
    if (extra.length > 0) complaints.push(`${basename(file)} exports ${extra.slice(0, 5).join(', ')}`);
  }
  for (const [library, version] of Object.entries(highestFloors(files))) {
    if (isNewer(version, kFloors[library]))
      complaints.push(`${library}_${version} is needed, above ${kFloors[library]}`);
  }
  return complaints;
}
